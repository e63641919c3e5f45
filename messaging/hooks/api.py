"""`/api/v1/webhooks/…`: where events are posted, and what became of each."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsOwner
from core.lib.rest import ApiView, page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY
from messaging.hooks import services, shapes
from messaging.hooks.selectors import (
    access_delivery,
    access_endpoint,
    deliveries_list,
    endpoints_for,
)


class OwnersView(ApiView):
    permission_classes = (IsOwner,)

    @property
    def me(self) -> Any:
        return self.request.user


class WebhookListView(OwnersView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="webhooks_list",
        parameters=[shapes.WebhookQuery],
        responses=page_of(shapes.WebhookSerializer),
    )
    def get(self, request: Request) -> Response:
        """The business's webhooks, without their secrets."""
        shapes.WebhookQuery.read(request)
        return paged(request, endpoints_for(self.me), shapes.webhook_form)

    @extend_schema(
        operation_id="webhooks_create",
        request=shapes.NewWebhookSerializer,
        responses={201: shapes.MadeWebhookSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have events posted to an address; the secret is in this answer only."""
        body = read_body(request, shapes.NewWebhookSerializer)
        endpoint, secret = services.make_endpoint(user=self.me, **body)
        return Response(shapes.webhook_form(endpoint) | {"secret": secret}, status=201)


class WebhookView(OwnersView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="webhooks_get", responses=shapes.WebhookSerializer)
    def get(self, request: Request, endpoint_id: str) -> Response:
        """One webhook."""
        return Response(shapes.webhook_form(access_endpoint(self.me, endpoint_id)))

    @extend_schema(
        operation_id="webhooks_change",
        request=shapes.WebhookChangeSerializer,
        responses=shapes.WebhookSerializer,
    )
    def put(self, request: Request, endpoint_id: str) -> Response:
        """Change some of it, or switch it on or off; what waits is given up when it goes off."""
        endpoint = access_endpoint(self.me, endpoint_id)
        body = read_body(request, shapes.WebhookChangeSerializer)
        changed = services.change_endpoint(user=self.me, endpoint=endpoint, **body)
        return Response(shapes.webhook_form(changed))

    @extend_schema(operation_id="webhooks_delete", request=None, responses={204: None})
    def delete(self, request: Request, endpoint_id: str) -> Response:
        """Post nothing more there, and forget it with its log."""
        services.delete_endpoint(user=self.me, endpoint=access_endpoint(self.me, endpoint_id))
        return Response(status=204)


class RotateView(OwnersView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="webhooks_rotate", request=None, responses=shapes.MadeWebhookSerializer
    )
    def post(self, request: Request, endpoint_id: str) -> Response:
        """Make a new secret, in this answer only; for 24 hours the old one signs as well."""
        endpoint = access_endpoint(self.me, endpoint_id)
        endpoint, secret = services.rotate_secret(user=self.me, endpoint=endpoint)
        return Response(shapes.webhook_form(endpoint) | {"secret": secret})


class TestView(OwnersView):
    scope_area = "settings"

    @extend_schema(
        operation_id="webhooks_test", request=None, responses={202: shapes.DeliverySerializer}
    )
    def post(self, request: Request, endpoint_id: str) -> Response:
        """Have a `test.ping` sent; the log tells what became of it."""
        endpoint = access_endpoint(self.me, endpoint_id)
        delivery = services.send_test(user=self.me, endpoint=endpoint)
        return Response(shapes.delivery_form(delivery), status=202)


class DeliveryListView(OwnersView):
    scope_area = "settings"

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=[shapes.DeliveryQuery],
        responses=page_of(shapes.DeliverySerializer),
    )
    def get(self, request: Request, endpoint_id: str) -> Response:
        """What was sent in the last 30 days with each try, the newest first."""
        endpoint = access_endpoint(self.me, endpoint_id)
        query = shapes.DeliveryQuery.read(request)
        return paged(request, deliveries_list(endpoint, query), shapes.delivery_form)


class ResendView(OwnersView):
    scope_area = "settings"

    @extend_schema(
        operation_id="webhooks_resend", request=None, responses={202: shapes.DeliverySerializer}
    )
    def post(self, request: Request, delivery_id: str) -> Response:
        """Send a delivery again at once, under the same `webhook-id`."""
        delivery = access_delivery(self.me, delivery_id)
        again = services.resend_delivery(user=self.me, delivery=delivery)
        return Response(shapes.delivery_form(again), status=202)
