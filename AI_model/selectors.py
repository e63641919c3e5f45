"""Reads of how a business's AI is set, and of what it may ask."""

from django.db.models import QuerySet

from accounts.models import User
from AI_model.models import AIModelConfig, Endpoint, LanguageModel
from core.lib.prepared import prepared_rows
from core.lib.tenancy import ScopedQuerySet


@prepared_rows
def config_of(business_id: str) -> QuerySet[AIModelConfig]:
    """None yet means the product's own settings."""
    return AIModelConfig.objects.filter(business_id=business_id)


def endpoints_for(user: User) -> ScopedQuerySet[Endpoint]:
    """The business's own endpoints with their models."""
    rows = Endpoint.objects.for_user(user).defer("secrets")
    return rows.prefetch_related("language_models")


def access_endpoint(user: User, endpoint_id: str) -> Endpoint:
    return endpoints_for(user).access(user, endpoint_id)


def access_language_model(user: User, model_id: str) -> LanguageModel:
    return LanguageModel.objects.access(user, model_id)
