"""Anthropic's Messages API. Facts: anthropic SDK 2.11 and its API version of 2026-10-21.

That version refuses temperature, so it is never sent. An effort that a model refuses is left out
from then on (in this process).
"""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any, TypeVar

import anthropic
from anthropic.types import Message, MessageParam, RawMessageStreamEvent

from AI_model.catalog import model_facts
from AI_model.providers.base import (
    CompletionRequest,
    Finish,
    Heard,
    Media,
    ProviderError,
    Turn,
    Usage,
)
from AI_model.providers.failures import error_for_status, garbled, retry_after_of
from AI_model.providers.hosted import Answer, HostedProvider, count, words
from AI_model.providers.transport import shared_client
from core.lib.clock import Deadline

T = TypeVar("T")

FINISHES: dict[str, Finish] = {
    "": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "cut",
    "model_context_window_exceeded": "cut",
    "refusal": "blocked",
}
# What an error inside a stream says in the place of a status.
EVENTS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 408,
    "overloaded_error": 529,
}

PAGE = 1000

_without_effort: set[tuple[str, str]] = set()


class AnthropicProvider(HostedProvider):
    kind = "anthropic"
    label = "Anthropic"
    key_header = ("x-api-key", "")

    def _ask(self, request: CompletionRequest) -> Answer:
        return self._corrected(lambda effort: self._call(request, effort))

    def _corrected(self, call: Callable[[str], T]) -> T:
        effort = self._effort()
        try:
            return call(effort)
        except anthropic.BadRequestError as error:
            if not effort or "effort" not in str(error.message).lower():
                raise
            _without_effort.add((self.base_url, self.model))
            return call("")

    def _call(self, request: CompletionRequest, effort: str) -> Answer:
        message: object = self._client().messages.create(**self._parameters(request, effort))
        if not isinstance(message, Message) or not isinstance(message.content, list):
            raise garbled(self.label)
        return _read(message)

    def _listen(self, request: CompletionRequest, heard: Heard) -> Iterator[str]:
        stream: anthropic.Stream[RawMessageStreamEvent] = self._corrected(
            lambda effort: self._client().messages.create(
                **self._parameters(request, effort), stream=True
            )
        )
        for event in stream:
            yield _hear(event, heard)

    def _parameters(self, request: CompletionRequest, effort: str) -> dict[str, Any]:
        return {
            "model": self.model,
            "max_tokens": model_facts(self.kind, self.model).cap(request.max_tokens),
            "system": request.system or anthropic.omit,
            "messages": [_message(turn) for turn in self._turns(request)],
            "output_config": {"effort": effort} if effort else anthropic.omit,
            "timeout": request.deadline.remaining(),
        }

    def _effort(self) -> str:
        if (self.base_url, self.model) in _without_effort:
            return ""
        return model_facts(self.kind, self.model).effort

    def _client(self) -> anthropic.Anthropic:
        key = (self.kind, self.base_url, self._api_key, self._guard)
        return shared_client(key, self._build)

    def _build(self) -> anthropic.Anthropic:
        return anthropic.Anthropic(
            api_key=self._api_key,
            base_url=self.base_url,
            http_client=self._http(),
            max_retries=0,
        )

    def _offered(self, deadline: Deadline) -> list[str]:
        page = self._client().models.list(limit=PAGE, timeout=deadline.remaining())
        return [words(model.id) for model in page.data]

    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        if not isinstance(error, anthropic.APIStatusError):
            return None
        body = error.body if isinstance(error.body, dict) else {}
        inner = body.get("error")
        inner = inner if isinstance(inner, dict) else {}
        in_stream = error.status_code == 200
        status = EVENTS.get(words(inner.get("type")), 500) if in_stream else error.status_code
        return error_for_status(
            who=self.label,
            status=status,
            message=self._quotable(words(inner.get("message"))),
            retry_after=retry_after_of(error.response.headers),
        )


def _message(turn: Turn) -> MessageParam:
    if turn.role == "assistant":
        return {"role": "assistant", "content": turn.text}
    if not turn.media:
        return {"role": "user", "content": turn.text}
    shown: Any = [_image(media) for media in turn.media]
    return {"role": "user", "content": [*shown, {"type": "text", "text": turn.text}]}


def _image(media: Media) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media.mime, "data": media.base64}
    return {"type": "image", "source": source}


def _read(message: Message) -> Answer:
    text = "".join(words(block.text) for block in message.content if block.type == "text")
    finish = FINISHES.get(words(message.stop_reason), "odd")
    return Answer(text, finish, words(message.model), _usage(message.usage))


def _hear(event: RawMessageStreamEvent, heard: Heard) -> str:
    if event.type == "message_start":
        heard.model, heard.usage = words(event.message.model), _usage(event.message.usage)
    elif event.type == "message_delta":
        heard.usage = _grown(heard.usage, event.usage)
        if event.delta.stop_reason:
            heard.finish = FINISHES.get(words(event.delta.stop_reason), "odd")
    elif event.type == "content_block_start" and event.content_block.type == "text":
        return words(event.content_block.text)
    elif event.type == "content_block_delta" and event.delta.type == "text_delta":
        return words(event.delta.text)
    return ""


def _grown(before: Usage, told: Any) -> Usage:
    """The counts at the end are sums; what they leave out stays as it was told at the start."""
    now = _usage(told)
    return Usage(*map(max, astuple(before), astuple(now)))


def _usage(usage: Any) -> Usage:
    """`input_tokens` leaves out what the cache gave; ours counts it in."""
    details = getattr(usage, "output_tokens_details", None)
    cached = count(getattr(usage, "cache_read_input_tokens", 0))
    written = count(getattr(usage, "cache_creation_input_tokens", 0))
    return Usage(
        tokens_in=count(getattr(usage, "input_tokens", 0)) + cached + written,
        tokens_out=count(getattr(usage, "output_tokens", 0)),
        tokens_cached=cached,
        tokens_thinking=count(getattr(details, "thinking_tokens", 0)),
    )
