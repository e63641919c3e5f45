"""One answer, from its claim to its end. No transaction spans the call to the model."""

import time
from dataclasses import dataclass, field

import structlog
from django.db import Error

from ai_chat.answering.asking import Question, question_for
from ai_chat.answering.failures import failure_of
from ai_chat.answering.live import live, live_text
from ai_chat.answering.local import NOTHING_FOUND
from ai_chat.answering.outlet import Outlet, pump
from ai_chat.answering.watch import watch
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.claims import LEASE_SECONDS, Claim, claim_answer, extend_claims
from ai_chat.services.endings import Ending, end_answer, fail_lapsed
from ai_chat.tasks import sum_up_chat, title_chat
from AI_model.generation import CallRecord, Generation
from AI_model.providers.base import ProviderError
from AI_model.services.budgets import meter_of
from AI_model.streaming import stream_answer
from core.lib.hands import waiting, working
from core.lib.heartbeat import Heartbeat
from core.lib.on_commit import delay_on_commit

log = structlog.get_logger(__name__)

State = AIMessage.State
SMALLER = 0.5
END_TRIES, END_PAUSE = 5, 2.0
"""An answer that was paid for is not given up because the database is away for a moment."""

heartbeat = Heartbeat(extend_claims, seconds=LEASE_SECONDS / 3)


def write(message_id: str) -> None:
    """Write the answer `message_id`, unless somebody else does; end one whose writer died."""
    with structlog.contextvars.bound_contextvars(ai_message_id=message_id), working():
        claim = claim_answer(message_id=message_id)
        if claim is None:
            fail_lapsed(message_id=message_id, live=live_text(message_id))
            return
        chat = _chat_of(claim)
        if chat is None:
            return
        run = _Run(claim, chat, Outlet(claim.message, chat.revision))
        run.outlet.stopped = chat.deleted_at is not None
        with heartbeat.keep(claim.token):
            ended = _end(claim, chat, _guarded(run))
        live.forget(message_id)
        if ended is not None and ended.content:
            _go_on(run)


def _go_on(run: "_Run") -> None:
    """What an answer gives rise to: hints, none of which is due."""
    if run.chat.titled == AIChat.Titled.NOT_YET:
        delay_on_commit(title_chat, run.chat.pk)
    if run.chat.keep_summary and run.question and run.question.is_full:
        delay_on_commit(sum_up_chat, run.chat.pk)


def _chat_of(claim: Claim) -> AIChat | None:
    rows = AIChat.objects.select_related("business", "user", "persona")
    return rows.filter(pk=claim.message.chat_id).first()


def _guarded(run: "_Run") -> Ending:
    """Whatever goes wrong is an ending too: a claimed answer never stays without one."""
    try:
        return run.answer()
    except Exception:
        log.exception("chat_answer_failed")
        return run.ending(State.FAILED, failure=failure_of(None))


@dataclass(slots=True)
class _Run:
    claim: Claim
    chat: AIChat
    outlet: Outlet
    started: float = 0.0
    question: Question | None = None
    calls: list[CallRecord] = field(default_factory=list)

    def answer(self) -> Ending:
        self.started = time.monotonic()
        with pump.running(self.outlet):
            watch.begin()
            generation = self._ask(1.0)
            if self._is_too_long(generation):
                generation = self._ask(SMALLER)
            return self._ended(generation)

    def _ask(self, share: float) -> Generation:
        self.question = question = question_for(
            chat=self.chat, message=self.claim.message, wanted=self.wanted, share=share
        )
        meter = meter_of(self.chat.business_id)
        with waiting():
            generation = stream_answer(
                request=question.request,
                chain=question.chain,
                meter=meter,
                on_text=self.outlet.add,
            )
        self.calls += generation.calls
        return generation

    def _is_too_long(self, generation: Generation) -> bool:
        """Our estimate of tokens was too low, and there is something left to cut."""
        if generation.error is None or self.question is None or generation.partial:
            return False
        code, is_full = generation.error.code, self.question.is_full
        too_long = code == "too_long" or (code == "bad_request" and is_full)
        return too_long and self.question.record["turns"] > 1

    def wanted(self) -> bool:
        return not self.outlet.stopped

    def _ended(self, generation: Generation) -> Ending:
        completion, error = generation.completion, generation.error
        if completion is None:
            return self._failed(error)
        if completion.finish == "stopped":
            return self.ending(State.STOPPED)
        if completion.finish == "cut":
            return self.ending(State.DONE, failure=failure_of(ProviderError("cut", "")))
        return self.ending(State.DONE)

    def _failed(self, error: ProviderError | None) -> Ending:
        if error is not None and error.code == "no_support":
            self.outlet.add(NOTHING_FOUND)
            return self.ending(State.DONE)
        return self.ending(State.FAILED, failure=failure_of(error))

    def ending(self, state: State, *, failure: dict[str, str] | None = None) -> Ending:
        first = self.outlet.first_word_at
        return Ending(
            state=state,
            text=self.outlet.text,
            calls=self.calls,
            context=self.question.record if self.question else {},
            failure=failure,
            first_word_ms=None if first is None else round((first - self.started) * 1000),
            response_time_ms=round((time.monotonic() - self.started) * 1000),
        )


def _end(claim: Claim, chat: AIChat, ending: Ending) -> AIMessage | None:
    for left in reversed(range(END_TRIES)):
        try:
            return end_answer(claim=claim, user=chat.user, ending=ending)
        except Error:
            if not left:
                raise
            log.warning("chat_end_delayed", exc_info=True)
        with waiting():
            time.sleep(END_PAUSE)
    return None
