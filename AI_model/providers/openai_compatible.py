"""OpenAI, and every server that speaks its chat completions. Facts: openai SDK 3.52, read 2026-11.

Servers differ in which parameters they take. What a model takes stands in the catalog, and is
corrected for good (in this process) by the first refusal that names a parameter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import openai
import orjson
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion

from AI_model.catalog import ROOM, LimitField, model_facts
from AI_model.providers.base import (
    CompletionRequest,
    Finish,
    Heard,
    Media,
    ProviderError,
    Turn,
    Usage,
)
from AI_model.providers.failures import (
    error_for_status,
    garbled,
    key_error,
    quota_error,
    retry_after_of,
)
from AI_model.providers.hosted import Answer, HostedProvider, count, hear_whole, words
from AI_model.providers.transport import shared_client
from core.lib.clock import Deadline

T = TypeVar("T")

MAX_CORRECTIONS = 4
SOUND_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}
FINISHES: dict[str, Finish] = {
    "length": "cut",
    "content_filter": "blocked",
    "tool_calls": "odd",
    "function_call": "odd",
}
EVENTS = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "overloaded_error": 503,
    "invalid_request_error": 400,
}


@dataclass(frozen=True, slots=True)
class Switches:
    """Which parameters a model at an address takes; `room` and `most` are tokens.

    `counts`: tells the usage at the end of a stream when it is asked to.
    """

    limit_field: LimitField = "max_tokens"
    temperature: bool = True
    effort: str = ""
    room: int = 0
    most: int | None = None
    counts: bool = True

    @classmethod
    def of(cls, model: str) -> "Switches":
        known = model_facts("openai", model)
        return cls(
            known.limit_field, known.temperature, known.effort, known.head_room, known.output
        )

    def without(self, parameter: str) -> "Switches":
        """As after a refusal of `parameter`; the same object when there is nothing to change."""
        if parameter == "max_tokens" == self.limit_field:
            return replace(self, limit_field="max_completion_tokens", room=ROOM)
        if parameter == "max_completion_tokens" == self.limit_field:
            return replace(self, limit_field="max_tokens")
        if parameter == "temperature" and self.temperature:
            return replace(self, temperature=False)
        if parameter == "reasoning_effort" and self.effort:
            return replace(self, effort="")
        if parameter.startswith("stream_options") and self.counts:
            return replace(self, counts=False)
        return self


_learned: dict[tuple[str, str], Switches] = {}


class OpenAICompatibleProvider(HostedProvider):
    kind = "openai"
    label = "OpenAI"
    key_header = ("Authorization", "Bearer ")

    def _ask(self, request: CompletionRequest) -> Answer:
        return self._corrected(lambda switches: self._call(request, switches))

    def _corrected(self, call: Callable[[Switches], T]) -> T:
        place = (self.base_url, self.model)
        switches = _learned.get(place) or Switches.of(self.model)
        for _ in range(MAX_CORRECTIONS):
            try:
                return call(switches)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                corrected = switches.without(_refused_parameter(error))
                if corrected is switches:
                    raise
                switches = _learned[place] = corrected
        return call(switches)

    def _call(self, request: CompletionRequest, switches: Switches) -> Answer:
        # What `chat.completions.create` does, without walking through the whole body once more.
        completion: object = self._client().post(
            "/chat/completions",
            cast_to=ChatCompletion,
            body=self._body(request, switches),
            options={"timeout": request.deadline.remaining()},
        )
        if not isinstance(completion, ChatCompletion):
            raise garbled(self.label)
        return self._read(completion)

    def _listen(self, request: CompletionRequest, heard: Heard) -> Iterator[str]:
        stream = self._corrected(lambda switches: self._open(request, switches))
        if "json" in stream.response.headers.get("content-type", ""):
            yield self._read_whole(stream.response.read(), heard)
            return
        for chunk in stream:
            yield self._hear(chunk, heard)

    def _open(self, request: CompletionRequest, switches: Switches) -> openai.Stream[object]:
        # As plain dicts: the SDK's models would cost more than all else that a piece takes.
        counting = {"stream_options": {"include_usage": True}} if switches.counts else {}
        return self._client().post(
            "/chat/completions",
            cast_to=object,
            body={**self._body(request, switches), "stream": True, **counting},
            options={"timeout": request.deadline.remaining()},
            stream=True,
            stream_cls=openai.Stream[object],
        )

    def _body(self, request: CompletionRequest, switches: Switches) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": self._messages(request),
            **_parameters(request, switches),
        }

    def _hear(self, chunk: object, heard: Heard) -> str:
        if not isinstance(chunk, dict):
            raise garbled(self.label)
        heard.model = words(chunk.get("model")) or heard.model
        if isinstance(usage := chunk.get("usage"), dict):
            heard.usage = _usage(CompletionUsage.construct(**usage))
        choice = _mapping(next(iter(chunk.get("choices") or []), None))
        if finish := choice.get("finish_reason"):
            heard.finish = FINISHES.get(words(finish), "stop")
        delta = _mapping(choice.get("delta"))
        if delta.get("refusal"):
            heard.finish = "blocked"
        return words(delta.get("content"))

    def _read_whole(self, raw: bytes, heard: Heard) -> str:
        """Of a server that does not stream although it was asked to."""
        return hear_whole(self._read(ChatCompletion.construct(**orjson.loads(raw))), heard)

    def _messages(self, request: CompletionRequest) -> Any:
        system = [{"role": "system", "content": request.system}] if request.system else []
        return system + [{"role": t.role, "content": _content(t)} for t in self._turns(request)]

    def _read(self, completion: ChatCompletion) -> Answer:
        if not completion.choices:
            raise self._error_inside(completion) or garbled(self.label)
        choice = completion.choices[0]
        finish: Finish = FINISHES.get(words(choice.finish_reason), "stop")
        if choice.message.refusal:
            finish = "blocked"
        text = words(choice.message.content)
        return Answer(text, finish, words(completion.model), _usage(completion.usage))

    def _error_inside(self, completion: ChatCompletion) -> ProviderError | None:
        """Some gateways answer 200 with the error in the body."""
        error = (completion.model_extra or {}).get("error")
        status = error.get("code") if isinstance(error, dict) else None
        if isinstance(status, int) and 400 <= status < 600:
            return error_for_status(who=self.label, status=status)
        return None

    def _client(self) -> openai.OpenAI:
        key = (self.kind, self.base_url, self._api_key, self._guard)
        return shared_client(key, self._build)

    def _build(self) -> openai.OpenAI:
        return openai.OpenAI(
            api_key=self._api_key or "none",
            base_url=self.base_url,
            http_client=self._http(),
            max_retries=0,
        )

    def _offered(self, deadline: Deadline) -> list[str]:
        page = self._client().models.list(timeout=deadline.remaining())
        return [words(model.id) for model in page.data]

    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        if not isinstance(error, openai.APIError):
            return None
        if "insufficient_quota" in (error.code, error.type):
            return quota_error(self.label)
        if error.code == "invalid_api_key":
            return key_error(self.label)
        if not isinstance(error, openai.APIStatusError):
            return self._explain_event(error)
        body = error.body if isinstance(error.body, dict) else {}
        return error_for_status(
            who=self.label,
            status=error.status_code,
            message=self._quotable(words(body.get("message"))),
            retry_after=retry_after_of(error.response.headers),
        )

    def _explain_event(self, error: openai.APIError) -> ProviderError | None:
        """An error in the middle of a stream has no status of its own."""
        if not isinstance(error.body, dict):
            return None
        said = next((s for name, s in EVENTS.items() if name in (error.code, error.type)), 500)
        code = error.code or ""
        status = int(code) if code.isdigit() and 400 <= int(code) < 600 else said
        return error_for_status(
            who=self.label, status=status, message=self._quotable(error.message)
        )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _content(turn: Turn) -> str | list[dict[str, Any]]:
    """Plain words as a string, which every compatible server takes."""
    if not turn.media:
        return turn.text
    return [*map(_part, turn.media), {"type": "text", "text": turn.text}]


def _part(media: Media) -> dict[str, Any]:
    if sound := SOUND_FORMATS.get(media.mime):
        return {"type": "input_audio", "input_audio": {"data": media.base64, "format": sound}}
    return {"type": "image_url", "image_url": {"url": f"data:{media.mime};base64,{media.base64}"}}


def _parameters(request: CompletionRequest, switches: Switches) -> dict[str, Any]:
    limit = request.max_tokens + switches.room
    most = limit if switches.most is None else min(limit, switches.most)
    parameters: dict[str, Any] = {switches.limit_field: most}
    if switches.temperature and request.temperature is not None:
        parameters["temperature"] = request.temperature
    if switches.effort:
        parameters["reasoning_effort"] = switches.effort
    return parameters


def _refused_parameter(error: openai.APIStatusError) -> str:
    """The parameter a 400 is about; found in the text when the server does not name it."""
    if error.param:
        return str(error.param)
    message = str(error.message)
    names = (
        *("max_completion_tokens", "max_tokens", "temperature", "reasoning_effort"),
        "stream_options",
    )
    return min((n for n in names if n in message), key=message.index, default="")


def _usage(usage: CompletionUsage | None) -> Usage:
    """Compatible servers may leave all of it out."""
    if usage is None:
        return Usage()
    prompt = usage.prompt_tokens_details
    answer = usage.completion_tokens_details
    return Usage(
        tokens_in=count(usage.prompt_tokens),
        tokens_out=count(usage.completion_tokens),
        tokens_cached=count(prompt.cached_tokens) if prompt else 0,
        tokens_thinking=count(answer.reasoning_tokens) if answer else 0,
    )
