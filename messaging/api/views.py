"""`/api/v1/messages/…` and `/customers/…`"""

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.lib.rest import page_of, paged
from messaging.api import reads
from messaging.api import serializers as shapes
from messaging.api.conversations import MemberView
from messaging.api.forms import customer_detail_form
from messaging.media.serving import serve_media
from messaging.presentation import message_form
from messaging.selectors import access_customer, access_media, access_message
from messaging.services.delivery import retry_message


class MessageListView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="messages_list",
        parameters=[shapes.MessageQuery],
        responses=page_of(shapes.MessageSerializer),
    )
    def get(self, request: Request) -> Response:
        """Messages of all conversations, the newest first."""
        query = shapes.MessageQuery.read(request)
        return paged(request, reads.messages_list(self.me, query), message_form)


class MessageView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="messages_get", responses=shapes.MessageSerializer)
    def get(self, request: Request, message_id: str) -> Response:
        """One message."""
        return Response(message_form(access_message(self.me, message_id)))


class RetryView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="messages_retry", request=None, responses=shapes.MessageSerializer)
    def post(self, request: Request, message_id: str) -> Response:
        """Send a failed or uncertain message again; an uncertain one may arrive twice."""
        message = access_message(self.me, message_id)
        return Response(message_form(retry_message(message=message, user=self.me)))


class MediaView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="media_get", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, media_id: str) -> HttpResponseBase:
        """A customer's file as it came; a part of it with a Range header."""
        return serve_media(request._request, access_media(self.me, media_id))


class CustomerView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="customers_get", responses=shapes.CustomerSerializer)
    def get(self, request: Request, customer_id: str) -> Response:
        """One customer, as their channel knows them."""
        return Response(customer_detail_form(access_customer(self.me, customer_id)))
