"""`/api/ai/endpoints/…` and `/api/ai/models/…`: a business's own models, and all of its choice."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsOwner, OwnerWrites
from AI_model.api import endpoint_shapes as shapes
from AI_model.selectors import access_endpoint, access_language_model, endpoints_for
from AI_model.services import endpoints as services
from AI_model.services.endpoint_tests import list_offered, try_endpoint
from AI_model.services.models import usable_models
from core.lib.rest import ApiView, page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView


class OwnersView(ApiView):
    permission_classes = (IsOwner,)
    scope_area = PEOPLE_ONLY

    @property
    def me(self) -> Any:
        return self.request.user


class EndpointListView(OwnersView):
    @extend_schema(
        operation_id="ai_endpoints_list",
        parameters=[shapes.EndpointQuery],
        responses=page_of(shapes.EndpointSerializer),
    )
    def get(self, request: Request) -> Response:
        """The business's own endpoints with their models; keys are masked (owner only)."""
        shapes.EndpointQuery.read(request)
        return paged(request, endpoints_for(self.me), shapes.endpoint_form)

    @extend_schema(
        operation_id="ai_endpoints_create",
        request=shapes.NewEndpointSerializer,
        responses={201: shapes.EndpointSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add an endpoint: an address and the key for it (owner only)."""
        body = read_body(request, shapes.NewEndpointSerializer)
        made = services.add_endpoint(user=self.me, **body)
        return Response(shapes.endpoint_form(made), status=201)


class EndpointView(OwnersView):
    @extend_schema(operation_id="ai_endpoints_get", responses=shapes.EndpointSerializer)
    def get(self, request: Request, ai_endpoint_id: str) -> Response:
        """One endpoint."""
        return Response(shapes.endpoint_form(access_endpoint(self.me, ai_endpoint_id)))

    @extend_schema(
        operation_id="ai_endpoints_change",
        request=shapes.EndpointChangeSerializer,
        responses=shapes.EndpointSerializer,
    )
    def patch(self, request: Request, ai_endpoint_id: str) -> Response:
        """Change some of it. With another address the key goes, unless it is given again."""
        endpoint = access_endpoint(self.me, ai_endpoint_id)
        body = read_body(request, shapes.EndpointChangeSerializer)
        changed = services.change_endpoint(user=self.me, endpoint=endpoint, **body)
        return Response(shapes.endpoint_form(changed))

    @extend_schema(operation_id="ai_endpoints_delete", request=None, responses={204: None})
    def delete(self, request: Request, ai_endpoint_id: str) -> Response:
        """Delete it with its models."""
        endpoint = access_endpoint(self.me, ai_endpoint_id)
        services.delete_endpoint(user=self.me, endpoint=endpoint)
        return Response(status=204)


class EndpointTestView(OwnersView):
    @extend_schema(
        operation_id="ai_endpoints_test",
        request=shapes.EndpointTrySerializer,
        responses=shapes.EndpointTestSerializer,
    )
    def post(self, request: Request, ai_endpoint_id: str) -> Response:
        """Make one small real call, and say in plain words what is wrong.

        Ten a minute for a business; 429 with Retry-After beyond.
        """
        endpoint = access_endpoint(self.me, ai_endpoint_id)
        body = read_body(request, shapes.EndpointTrySerializer)
        return Response(try_endpoint(endpoint=endpoint, user=self.me, **body))


class OfferedView(OwnersView):
    @extend_schema(operation_id="ai_endpoints_offered", responses=shapes.OfferedSerializer)
    def get(self, request: Request, ai_endpoint_id: str) -> Response:
        """The models that the address itself lists; counts as a test."""
        endpoint = access_endpoint(self.me, ai_endpoint_id)
        return Response({"models": list_offered(endpoint=endpoint)})


class ModelListView(MemberView):
    permission_classes = (OwnerWrites,)
    scope_area = "settings"

    @extend_schema(
        operation_id="ai_models_list",
        parameters=[shapes.ModelQuery],
        responses=page_of(shapes.ModelSerializer),
    )
    def get(self, request: Request) -> Response:
        """The models that may be used, the operator's first."""
        shapes.ModelQuery.read(request)
        found: Any = usable_models(business_id=self.me.business_id)
        return paged(request, found, shapes.choice_form)

    @extend_schema(
        operation_id="ai_models_create",
        request=shapes.NewModelSerializer,
        responses={201: shapes.OwnModelSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a model of an own endpoint (owner only)."""
        body = read_body(request, shapes.NewModelSerializer)
        endpoint = access_endpoint(self.me, body.pop("endpoint"))
        made = services.add_model(user=self.me, endpoint=endpoint, **body)
        return Response(shapes.own_model_form(made), status=201)


class ModelView(OwnersView):
    @extend_schema(operation_id="ai_models_get", responses=shapes.OwnModelSerializer)
    def get(self, request: Request, language_model_id: str) -> Response:
        """One of the business's own models."""
        return Response(shapes.own_model_form(access_language_model(self.me, language_model_id)))

    @extend_schema(
        operation_id="ai_models_change",
        request=shapes.ModelChangeSerializer,
        responses=shapes.OwnModelSerializer,
    )
    def patch(self, request: Request, language_model_id: str) -> Response:
        """Change some of it."""
        row = access_language_model(self.me, language_model_id)
        body = read_body(request, shapes.ModelChangeSerializer)
        return Response(shapes.own_model_form(services.change_model(user=self.me, row=row, **body)))

    @extend_schema(operation_id="ai_models_delete", request=None, responses={204: None})
    def delete(self, request: Request, language_model_id: str) -> Response:
        """Delete it; who chose it gets the first model that is configured."""
        services.delete_model(user=self.me, row=access_language_model(self.me, language_model_id))
        return Response(status=204)
