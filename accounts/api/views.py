"""`/auth/…`: bearer tokens for scripts and apps."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts import services
from accounts.api import serializers as shapes
from accounts.services.login import check_sign_up_rate, client_address, note_login
from accounts.services.tickets import TICKET_SECONDS
from core.lib.rest import ApiView
from core.lib.scopes import PEOPLE_ONLY


class PublicView(ApiView):
    """For those who have no token yet; a stale one in the header does no harm."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    input: type[Serializer[Any]]

    def read(self, request: Request) -> dict[str, Any]:
        serializer = self.input(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class RegisterView(PublicView):
    input = shapes.RegisterSerializer

    @extend_schema(
        operation_id="auth_register",
        request=shapes.RegisterSerializer,
        responses={201: shapes.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a business with yourself as its owner."""
        check_sign_up_rate(client_address(request._request))
        data = self.read(request)
        name = data.pop("business_name")
        _, owner = services.create_business(name=name, **data)
        tokens = shapes.tokens_body(services.issue_tokens(user=owner))
        return Response({**shapes.MeSerializer(owner).data, **tokens}, status=201)


class LoginView(PublicView):
    input = shapes.LoginSerializer

    @extend_schema(
        operation_id="auth_login",
        request=shapes.LoginSerializer,
        responses=shapes.TokensSerializer,
    )
    def post(self, request: Request) -> Response:
        """Exchange a user name or e-mail and a password for tokens."""
        user = services.log_in_with_password(request=request._request, **self.read(request))
        note_login(request=request._request, user=user)
        return Response(shapes.tokens_body(services.issue_tokens(user=user)))


class RefreshView(PublicView):
    input = shapes.RefreshSerializer

    @extend_schema(
        operation_id="auth_refresh",
        request=shapes.RefreshSerializer,
        responses=shapes.TokensSerializer,
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for new tokens; each works once."""
        pair = services.rotate_tokens(refresh=self.read(request)["refresh_token"])
        return Response(shapes.tokens_body(pair))


class LogoutView(PublicView):
    input = shapes.RefreshSerializer

    @extend_schema(
        operation_id="auth_logout", request=shapes.RefreshSerializer, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        """End a refresh token and the access tokens that came with it."""
        services.end_family(refresh=self.read(request)["refresh_token"])
        return Response(status=204)


class MeView(ApiView):
    permission_classes = (IsAuthenticated,)
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="auth_me", responses=shapes.MeSerializer)
    def get(self, request: Request) -> Response:
        """Who you are."""
        return Response(shapes.MeSerializer(request.user).data)  # type: ignore[arg-type]


class TicketView(ApiView):
    permission_classes = (IsAuthenticated,)
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="auth_ws_ticket", request=None, responses=shapes.TicketSerializer)
    def post(self, request: Request) -> Response:
        """A ticket that opens one WebSocket, once, within 30 seconds."""
        ticket = services.issue_ticket(user=request.user)  # type: ignore[arg-type]
        return Response({"ticket": ticket, "expires_in": TICKET_SECONDS})
