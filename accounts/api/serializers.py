"""Shapes of the auth API."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from accounts.services import TokenPair


class RegisterSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150, required=False)
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    password = serializers.CharField(max_length=1024, trim_whitespace=False)
    business_name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default=""
    )
    timezone = serializers.CharField(max_length=64, required=False, default="UTC")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        name = attrs.get("username") or attrs["email"]
        if not name:
            raise serializers.ValidationError({"username": ["This field is required."]})
        return attrs | {"username": name}


class LoginSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254, help_text="User name or e-mail.")
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class RefreshSerializer(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=4096)


class TokensSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")


class BusinessSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    timezone = serializers.CharField()


class MeSerializer(serializers.Serializer[User]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField()
    name = serializers.CharField(source="display_name")
    role = serializers.ChoiceField(choices=User.Role.choices)
    is_staff = serializers.BooleanField(source="is_superuser", help_text="Platform staff.")
    default_reply_handler = serializers.ChoiceField(choices=User.Handler.choices)
    business = BusinessSerializer(allow_null=True)


class RegisteredSerializer(MeSerializer, TokensSerializer):
    """The new owner, logged in."""


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField()


def tokens_body(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
    }
