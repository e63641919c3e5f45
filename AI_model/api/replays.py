"""`/api/v1/replays/…`: past questions asked again, of what is published or of the draft."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from accounts.permissions import IsOwner, require_owner
from AI_model.api import replay_shapes as shapes
from AI_model.services import replay_figures
from AI_model.services.replay_rows import start_replay, stop_replay
from core.lib.rest import ApiView, page_of, paged, read_body
from core.throttling import USUAL, AskThrottle


class ReplayBaseView(ApiView):
    """For the owner alone: customers' words stand side by side here."""

    permission_classes = (IsOwner,)
    scope_area = "knowledge"

    @property
    def me(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user


class ReplayListView(ReplayBaseView):
    @extend_schema(
        operation_id="replays",
        parameters=[shapes.ReplaysQuery],
        responses=page_of(shapes.ReplaySerializer),
    )
    def get(self, request: Request) -> Response:
        """The replays of the last three months, the newest first."""
        query = shapes.ReplaysQuery.read(request)
        rows = replay_figures.replays_of(self.me, state=query.get("state", ""))
        return paged(request, rows, shapes.replay_form)

    @extend_schema(
        operation_id="replays_start",
        request=shapes.ReplayBodySerializer,
        responses={202: shapes.ReplayDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask customers' past questions again, in the background; ask the replay how it goes.
        Nothing is sent. Calls to models cost what they cost, within the budgets."""
        body = read_body(request, shapes.ReplayBodySerializer)
        replay = start_replay(business=require_owner(self.me), user=self.me, **body)
        return Response(shapes.replay_detail(replay), status=202)

    def get_throttles(self) -> list[BaseThrottle]:
        asks = [AskThrottle] if self.request.method == "POST" else []
        return [throttle() for throttle in (*USUAL, *asks)]


class ReplayView(ReplayBaseView):
    @extend_schema(operation_id="replays_get", responses=shapes.ReplayDetailSerializer)
    def get(self, request: Request, replay_id: str) -> Response:
        """One replay: how far it is, and what it found so far."""
        replay = replay_figures.access_replay(self.me, replay_id)
        return Response(shapes.replay_detail(replay))


class ReplayTurnsView(ReplayBaseView):
    @extend_schema(
        operation_id="replays_turns",
        parameters=[shapes.TurnsQuery],
        responses=page_of(shapes.ReplayTurnSerializer),
    )
    def get(self, request: Request, replay_id: str) -> Response:
        """The questions, what was said then and would be said now, and the difference in words."""
        query = shapes.TurnsQuery.read(request)
        replay = replay_figures.access_replay(self.me, replay_id)
        rows = replay_figures.turns_of(replay, verdict=query.get("verdict", ""))
        return paged(request, rows, shapes.turn_form)


class ReplayStopView(ReplayBaseView):
    @extend_schema(
        operation_id="replays_stop", request=None, responses=shapes.ReplayDetailSerializer
    )
    def post(self, request: Request, replay_id: str) -> Response:
        """Ask nothing more; what was done stays."""
        replay = stop_replay(replay=replay_figures.access_replay(self.me, replay_id))
        return Response(shapes.replay_detail(replay))
