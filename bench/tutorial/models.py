from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver


class Conversation(models.Model):
    chat_id = models.BigIntegerField(unique=True)
    status = models.CharField(max_length=20, default="active")


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE)
    type = models.CharField(max_length=10)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)


@receiver(post_save, sender=Message)
def answer_customer(sender: type, instance: Message, created: bool, **kwargs: object) -> None:
    from bench.tutorial.tasks import answer

    if created and instance.type == "customer":
        answer.delay(instance.pk)
