"""`/api/v1/knowledge/proposals/…`: entries proposed from what people answered."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from AI_model.api import learning_shapes as shapes
from AI_model.models import LearningMark, ProposedEntry
from AI_model.services.learning_marks import ask_for_look
from AI_model.services.proposals import approve_proposal, proposals_list, reject_proposal
from core.lib.rest import ApiView, page_of, paged, read_body


class ProposalBaseView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "knowledge"

    @property
    def me(self) -> Any:
        return self.request.user

    def proposal(self, proposal_id: str) -> ProposedEntry:
        return ProposedEntry.objects.access(self.me, proposal_id)


class ProposalListView(ProposalBaseView):
    @extend_schema(
        operation_id="proposals_list",
        parameters=[shapes.ProposalsQuery],
        responses=page_of(shapes.ProposalSerializer),
    )
    def get(self, request: Request) -> Response:
        """Entries that people's answers suggest, the latest change first."""
        query = shapes.ProposalsQuery.read(request)
        return paged(request, proposals_list(self.me, query.get("state", "")), proposal_form)


class ProposalView(ProposalBaseView):
    @extend_schema(operation_id="proposals_get", responses=shapes.ProposalDetailSerializer)
    def get(self, request: Request, proposal_id: str) -> Response:
        """One proposal, and the questions and answers that it rests on."""
        return Response(detail_form(self.proposal(proposal_id)))


class ApproveView(ProposalBaseView):
    @extend_schema(
        operation_id="proposals_approve",
        request=shapes.ApproveSerializer,
        responses=shapes.ProposalDetailSerializer,
    )
    def post(self, request: Request, proposal_id: str) -> Response:
        """Make an entry of it, in one's own words where they are given (owner only)."""
        proposal = self.proposal(proposal_id)
        body = read_body(request, shapes.ApproveSerializer)
        as_draft = body.pop("as_draft")
        how: dict[str, Any] = {"user": self.me, "as_draft": as_draft, "via": "api"}
        return Response(detail_form(approve_proposal(proposal=proposal, changes=body, **how)))


class RejectView(ProposalBaseView):
    @extend_schema(
        operation_id="proposals_reject", request=None, responses=shapes.ProposalDetailSerializer
    )
    def post(self, request: Request, proposal_id: str) -> Response:
        """Nothing like it is proposed again (owner only)."""
        proposal = self.proposal(proposal_id)
        return Response(detail_form(reject_proposal(proposal=proposal, user=self.me, via="api")))


class LookView(ProposalBaseView):
    @extend_schema(
        operation_id="proposals_look", request=None, responses={202: shapes.LookSerializer}
    )
    def post(self, request: Request) -> Response:
        """Look through the conversations now, not at night (owner only)."""
        return Response(look_form(ask_for_look(business=self.me.business)), status=202)


def look_form(mark: LearningMark) -> dict[str, Any]:
    return {"asked_at": mark.asked_at, "looked_to": mark.looked_to}


def proposal_form(row: Any) -> dict[str, Any]:
    names = ("id", "state", "question", "phrasings", "answer", "language", "entry_id", "asked")
    times = ("decided_at", "created_at", "updated_at")
    return {name: getattr(row, name) for name in (*names, *times)}


def detail_form(proposal: ProposedEntry) -> dict[str, Any]:
    parts = list(proposal.parts.order_by("-answer__created_at", "pk"))
    proposal.asked = len(parts)  # type: ignore[attr-defined]
    return proposal_form(proposal) | {
        "parts": [
            {
                "conversation_id": part.conversation_id,
                "message_id": part.answer_id,
                "question": part.question,
                "answer": part.reply,
            }
            for part in parts
        ]
    }
