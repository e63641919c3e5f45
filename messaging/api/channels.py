"""`/api/v1/channels/…`"""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from core.lib.rest import page_of, paged, read_body
from messaging.api import channel_shapes, reads
from messaging.api import serializers as shapes
from messaging.api.conversations import MemberView
from messaging.api.forms import channel_detail_form
from messaging.presentation_health import health_form
from messaging.selectors import access_channel
from messaging.services.channel_settings import change_channel, make_channel
from messaging.services.doctor import examine_channel


class ChannelListView(MemberView):
    permission_classes = (OwnerWrites,)
    scope_area = "channels"

    @extend_schema(
        operation_id="channels_list",
        parameters=[shapes.ChannelQuery],
        responses=page_of(shapes.ChannelSerializer),
    )
    def get(self, request: Request) -> Response:
        """The business's channels with their health."""
        query = shapes.ChannelQuery.read(request)
        return paged(request, reads.channels_list(self.me, query), channel_detail_form)

    @extend_schema(
        operation_id="channels_create",
        request=channel_shapes.NewChannelSerializer,
        responses={201: shapes.ChannelSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a web chat, or connect an account (owner only).

        An account that is connected already keeps its channel and gets the token that is given.
        """
        body = read_body(request, channel_shapes.NewChannelSerializer)
        channel = make_channel(owner=self.me, **body)
        return Response(channel_detail_form(channel), status=201)


class ChannelView(MemberView):
    permission_classes = (OwnerWrites,)
    scope_area = "channels"

    @extend_schema(operation_id="channels_get", responses=shapes.ChannelSerializer)
    def get(self, request: Request, channel_id: str) -> Response:
        """One channel."""
        return Response(channel_detail_form(access_channel(self.me, channel_id)))

    @extend_schema(
        operation_id="channels_change",
        request=channel_shapes.ChannelChangeSerializer,
        responses=shapes.ChannelSerializer,
    )
    def patch(self, request: Request, channel_id: str) -> Response:
        """Change name, settings, or whether it is on (owner only).

        What is switched off goes off though the platform fails; `health_detail` says so.
        """
        channel = access_channel(self.me, channel_id)
        body = read_body(request, channel_shapes.ChannelChangeSerializer)
        changes = {name: value for name, value in body.items() if value is not None}
        return Response(
            channel_detail_form(change_channel(channel=channel, user=self.me, **changes))
        )


class ChannelHealthView(MemberView):
    permission_classes = (OwnerWrites,)
    scope_area = "channels"

    @extend_schema(operation_id="channels_health", responses=channel_shapes.HealthSerializer)
    def get(self, request: Request, channel_id: str) -> Response:
        """What the last look at the channel found; it is looked at every few minutes."""
        return Response(health_form(access_channel(self.me, channel_id)))

    @extend_schema(
        operation_id="channels_check", request=None, responses=channel_shapes.HealthSerializer
    )
    def post(self, request: Request, channel_id: str) -> Response:
        """Look now, and mend what can be mended (owner only)."""
        channel = access_channel(self.me, channel_id)
        report = examine_channel(channel=channel, fix=True)
        return Response(health_form(channel, report.findings))
