from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_bearer_log_ins"),
        ("messaging", "0006_sends_refused"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="inboundevent",
            index=models.Index(
                condition=models.Q(("fate", "waiting")), fields=["channel"], name="event_waiting_of"
            ),
        ),
    ]
