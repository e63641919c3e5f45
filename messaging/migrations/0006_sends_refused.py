from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_channel_rounds"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="sends_refused_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the platform took nothing of this account any more.",
                null=True,
            ),
        ),
    ]
