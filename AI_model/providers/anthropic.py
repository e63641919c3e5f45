"""Anthropic's Messages API. Facts: anthropic SDK 2.11 and its API version of 2026-10-21.

That version refuses temperature, so it is never sent. An effort that a model refuses is left out
from then on (in this process).
"""

from typing import Any

import anthropic
from anthropic.types import Message, MessageParam

from AI_model.catalog import model_facts
from AI_model.providers.base import CompletionRequest, Media, ProviderError, Turn, Usage
from AI_model.providers.failures import error_for_status, garbled, retry_after_of
from AI_model.providers.hosted import Answer, Finish, HostedProvider, count, words
from AI_model.providers.transport import http_client, shared_client

FINISHES: dict[str, Finish] = {
    "": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "cut",
    "model_context_window_exceeded": "cut",
    "refusal": "blocked",
}


_without_effort: set[tuple[str, str]] = set()


class AnthropicProvider(HostedProvider):
    kind = "anthropic"
    label = "Anthropic"

    def _ask(self, request: CompletionRequest) -> Answer:
        effort = self._effort()
        try:
            return self._call(request, effort)
        except anthropic.BadRequestError as error:
            if not effort or "effort" not in str(error.message).lower():
                raise
            _without_effort.add((self.base_url, self.model))
            return self._call(request, "")

    def _call(self, request: CompletionRequest, effort: str) -> Answer:
        config: Any = {"effort": effort} if effort else anthropic.omit
        message: object = self._client().messages.create(
            model=self.model,
            max_tokens=model_facts(self.kind, self.model).cap(request.max_tokens),
            system=request.system or anthropic.omit,
            messages=[_message(turn) for turn in self._turns(request)],
            output_config=config,
            timeout=request.deadline.remaining(),
        )
        if not isinstance(message, Message) or not isinstance(message.content, list):
            raise garbled(self.label)
        return _read(message)

    def _effort(self) -> str:
        if (self.base_url, self.model) in _without_effort:
            return ""
        return model_facts(self.kind, self.model).effort

    def _client(self) -> anthropic.Anthropic:
        key = (self.kind, self.base_url, self._api_key)
        return shared_client(key, self._build)

    def _build(self) -> anthropic.Anthropic:
        return anthropic.Anthropic(
            api_key=self._api_key, base_url=self.base_url, http_client=http_client(), max_retries=0
        )

    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        if not isinstance(error, anthropic.APIStatusError):
            return None
        body = error.body if isinstance(error.body, dict) else {}
        inner = body.get("error")
        return error_for_status(
            who=self.label,
            status=error.status_code,
            message=words(inner.get("message")) if isinstance(inner, dict) else "",
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
    return Answer(text, finish, words(message.model), _usage(message))


def _usage(message: Message) -> Usage:
    """`input_tokens` leaves out what the cache gave; ours counts it in."""
    usage = message.usage
    details = usage.output_tokens_details
    cached = count(usage.cache_read_input_tokens)
    written = count(usage.cache_creation_input_tokens)
    return Usage(
        tokens_in=count(usage.input_tokens) + cached + written,
        tokens_out=count(usage.output_tokens),
        tokens_cached=cached,
        tokens_thinking=count(getattr(details, "thinking_tokens", 0)),
    )
