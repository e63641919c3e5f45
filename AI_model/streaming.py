"""An answer as it comes: the same chain, breakers and meter as for a whole one.

What was given out can't be taken back. So another try or another provider is asked only before the
first word; after it an error ends the answer, and what there is of it comes back as `partial`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from AI_model.estimating import likely_usage
from AI_model.generation import CallRecord, Generation, ask_chain
from AI_model.metering import Meter
from AI_model.providers.base import (
    AnswerStream,
    Completion,
    CompletionRequest,
    Provider,
    ProviderError,
    Usage,
    stopped,
)
from core.lib.clock import Deadline


def stream_answer(
    *,
    request: CompletionRequest,
    chain: Sequence[Provider],
    on_text: Callable[[str], bool],
    meter: Meter | None = None,
) -> Generation:
    """Give each piece to `on_text` as it comes, until it says False.

    A stopped answer is a Completion with finish "stopped" and what was given out; one that had no
    room left has finish "cut". While nothing comes, `request.patience.wanted` is asked instead.
    """
    listener = _Listener(on_text, request.patience.wanted)
    generation = ask_chain(request, chain, meter, listener)
    if generation.error is None:
        return generation
    if generation.error.code == "stopped":
        return Generation(listener.unfinished(generation.calls), generation.calls, None)
    return replace(generation, partial=listener.text)


@dataclass(slots=True)
class _Listener:
    """Asks for an answer as it comes, and passes it on."""

    on_text: Callable[[str], bool]
    wanted: Callable[[], bool]
    pieces: list[str] = field(default_factory=list)
    is_stopped: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def is_over(self) -> bool:
        self.is_stopped = self.is_stopped or not self.wanted()
        return self.is_stopped or bool(self.pieces)

    def ask(self, provider: Provider, request: CompletionRequest, by: Deadline) -> Completion:
        patience = replace(request.patience, first_word=by)
        try:
            return self._heard(provider, replace(request, patience=patience))
        except ProviderError as error:
            # Vendors count at the end of a stream; what ends before it is paid for all the same.
            if error.usage == Usage() and (self.pieces or error.code == "stopped"):
                error.usage = likely_usage(request, self.text)
            raise

    def _heard(self, provider: Provider, request: CompletionRequest) -> Completion:
        with provider.stream(request) as stream:
            for item in stream:
                if isinstance(item, Completion):
                    return item
                self._pass_on(item, stream)
        raise ProviderError("garbled", "The answer has no end.", permanent=True)

    def _pass_on(self, piece: str, stream: AnswerStream) -> None:
        self.pieces.append(piece)
        if self.on_text(piece):
            return
        self.is_stopped = True
        stop = stopped()
        stop.usage, stop.model = stream.heard.usage, stream.heard.model
        raise stop

    def unfinished(self, calls: Sequence[CallRecord]) -> Completion:
        if not calls:
            return Completion(self.text, "", "", finish="stopped")
        call = calls[-1]
        return Completion(
            self.text, call.provider, call.model, call.usage, call.milliseconds, "stopped"
        )
