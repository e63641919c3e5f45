from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.tutorial.models import Conversation, Message


class Webhook(APIView):
    def post(self, request: Request) -> Response:
        update = request.data["message"]
        conversation, _ = Conversation.objects.get_or_create(chat_id=update["chat"]["id"])
        Message.objects.create(conversation=conversation, type="customer", text=update["text"])
        return Response({"ok": True})


urlpatterns = [path("webhook/", Webhook.as_view())]
