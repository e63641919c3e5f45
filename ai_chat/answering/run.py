"""One answer, from its claim to its end. No transaction spans the call to the model."""

import time
from dataclasses import dataclass

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
from AI_model.generation import Generation
from AI_model.providers.base import ProviderError
from AI_model.services.budgets import meter_of
from AI_model.streaming import stream_answer
from core.lib.hands import waiting, working
from core.lib.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

State = AIMessage.State
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
        with heartbeat.keep(claim.token):
            _end(claim, chat, _answer(claim, chat))
        live.forget(message_id)


def _chat_of(claim: Claim) -> AIChat | None:
    rows = AIChat.objects.select_related("business", "user", "persona", "related_conversation")
    return rows.filter(pk=claim.message.chat_id).first()


def _answer(claim: Claim, chat: AIChat) -> Ending:
    """Whatever goes wrong is an ending too: a claimed answer never stays without one."""
    run = _Run(claim, chat, Outlet(claim.message, chat.revision))
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
    generation: Generation | None = None

    def answer(self) -> Ending:
        self.started = time.monotonic()
        self.question = question = question_for(self.chat, self.claim.message, self.wanted)
        watch.begin()
        with pump.running(self.outlet):
            watch.begin()
            with waiting():
                self.generation = stream_answer(
                    request=question.request,
                    chain=question.chain,
                    meter=meter_of(self.chat.business_id),
                    on_text=self.outlet.add,
                )
            return self._ended(self.generation)

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
            calls=self.generation.calls if self.generation else (),
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
