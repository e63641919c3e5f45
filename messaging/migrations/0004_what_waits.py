from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("messaging", "0003_every_kind_of_message"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundevent",
            name="held",
            field=models.JSONField(
                blank=True, editable=False, help_text="What waits, in our words.", null=True
            ),
        ),
        migrations.AddField(
            model_name="outboundchunk",
            name="begun_at",
            field=models.DateTimeField(
                blank=True, help_text="When its latest send was begun.", null=True
            ),
        ),
    ]
