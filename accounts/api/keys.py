"""`/api/v1/keys/`: keys for programs, made and revoked by the owner."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey
from accounts.permissions import IsOwner
from accounts.services.keys import make_key, revoke_key
from core.lib.rest import ApiView, QuerySerializer, StrictSerializer, page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY, SCOPES


class NewKeySerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, help_text="What it is for.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES)), allow_empty=False
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Without one it lasts until it is revoked."
    )


class KeyQuery(QuerySerializer):
    pass


class KeySerializer(serializers.Serializer[ApiKey]):
    id = serializers.CharField()
    name = serializers.CharField()
    start = serializers.CharField(help_text="Its first characters.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)))
    made_by = serializers.IntegerField(source="user_id", help_text="Whom it acts for.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class MadeKeySerializer(KeySerializer):
    key = serializers.CharField(help_text="The key itself, shown this once.")


class OwnersKeys(ApiView):
    permission_classes = (IsOwner,)
    scope_area = PEOPLE_ONLY

    @property
    def me(self) -> Any:
        return self.request.user


class KeyListView(OwnersKeys):
    @extend_schema(
        operation_id="keys_list", parameters=[KeyQuery], responses=page_of(KeySerializer)
    )
    def get(self, request: Request) -> Response:
        """The business's API keys, revoked ones too, the newest first."""
        KeyQuery.read(request)
        return paged(request, ApiKey.objects.for_user(self.me), key_form)

    @extend_schema(
        operation_id="keys_create", request=NewKeySerializer, responses={201: MadeKeySerializer}
    )
    def post(self, request: Request) -> Response:
        """Make a key that acts for you within its scopes; the key is in this answer only."""
        key, secret = make_key(user=self.me, **read_body(request, NewKeySerializer))
        return Response(key_form(key) | {"key": secret}, status=201)


class KeyView(OwnersKeys):
    @extend_schema(operation_id="keys_revoke", request=None, responses={204: None})
    def delete(self, request: Request, key_id: str) -> Response:
        """Revoke a key: from this answer on it opens nothing. Its row stays."""
        revoke_key(user=self.me, key=ApiKey.objects.access(self.me, key_id))
        return Response(status=204)


def key_form(key: ApiKey) -> dict[str, Any]:
    return dict(KeySerializer(key).data)
