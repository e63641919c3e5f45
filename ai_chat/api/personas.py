"""`/api/ai/personas/…`, and the same views for `/personas`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai_chat.api import persona_shapes as shapes
from ai_chat.models import Persona
from ai_chat.presentation import persona_form
from ai_chat.services import personas
from ai_chat.services.provisioning import provision
from core.lib.rest import page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView


class PersonaListView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_personas_list",
        parameters=[shapes.PersonasQuery],
        responses=page_of(shapes.PersonaSerializer),
    )
    def get(self, request: Request) -> Response:
        """Your personas, the oldest first."""
        shapes.PersonasQuery.read(request)
        provision(user=self.me)
        rows = Persona.objects.for_user(self.me).order_by("created_at", "id")
        return paged(request, rows, persona_form)

    @extend_schema(
        operation_id="ai_personas_create",
        request=shapes.NewPersonaSerializer,
        responses={201: shapes.PersonaSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a persona to talk to."""
        body = read_body(request, shapes.NewPersonaSerializer)
        return Response(persona_form(personas.create_persona(user=self.me, **body)), status=201)


class PersonaView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_personas_get", responses=shapes.PersonaSerializer)
    def get(self, request: Request, persona_id: str) -> Response:
        """One of your personas."""
        return Response(persona_form(Persona.objects.access(self.me, persona_id)))

    @extend_schema(
        operation_id="ai_personas_change",
        request=shapes.PersonaChangesSerializer,
        responses=shapes.PersonaSerializer,
    )
    def patch(self, request: Request, persona_id: str) -> Response:
        """Change what is given."""
        return self._change(request, persona_id)

    @extend_schema(
        operation_id="ai_personas_put",
        request=shapes.PersonaChangesSerializer,
        responses=shapes.PersonaSerializer,
    )
    def put(self, request: Request, persona_id: str) -> Response:
        """The same as PATCH."""
        return self._change(request, persona_id)

    def _change(self, request: Request, persona_id: str) -> Response:
        found = Persona.objects.access(self.me, persona_id)
        body = read_body(request, shapes.PersonaChangesSerializer)
        return Response(persona_form(personas.change_persona(persona=found, **body)))

    @extend_schema(operation_id="ai_personas_delete", responses={204: None})
    def delete(self, request: Request, persona_id: str) -> Response:
        """Delete it; its chats stay."""
        personas.delete_persona(persona=Persona.objects.access(self.me, persona_id))
        return Response(status=204)
