import requests
from django.conf import settings

from bench.tutorial.celery import app


@app.task
def answer(message_id: int) -> None:
    from bench.tutorial.models import Message

    message = Message.objects.select_related("conversation").get(pk=message_id)
    if message.conversation.status != "active":
        return
    history = message.conversation.message_set.order_by("id")
    turns = [
        {"role": "user" if m.type == "customer" else "assistant", "content": m.text}
        for m in history
    ]
    reply = requests.post(
        f"{settings.MODEL_URL}/v1/chat/completions",
        json={"model": "bench", "messages": turns},
        timeout=60,
    )
    text = reply.json()["choices"][0]["message"]["content"]
    Message.objects.create(conversation=message.conversation, type="AI", text=text)
    requests.post(
        f"{settings.TELEGRAM_URL}/bot1:token/sendMessage",
        data={"chat_id": message.conversation.chat_id, "text": text},
        timeout=60,
    )
