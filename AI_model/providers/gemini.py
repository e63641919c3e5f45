"""Gemini through google-genai. Facts: ai.google.dev/api/generate-content, read 2026-11."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TypeVar

from google import genai
from google.genai import errors, types

from AI_model.catalog import model_facts
from AI_model.providers.base import CompletionRequest, Heard, ProviderError, Turn, Usage
from AI_model.providers.gemini_wire import FINISHES, explain_error
from AI_model.providers.hosted import Answer, HostedProvider, count, words
from AI_model.providers.transport import shared_client, ssl_context
from core.lib.clock import Deadline

T = TypeVar("T")

# The SDK passes our timeout on, and the API refuses one under 10 s.
SHORTEST_TOLD_TIMEOUT_MS = 10_000

PAGE = 1000

_without_thinking_config: set[tuple[str, str]] = set()


class GeminiProvider(HostedProvider):
    kind = "gemini"
    label = "Gemini"
    key_header = ("x-goog-api-key", "")

    def _ask(self, request: CompletionRequest) -> Answer:
        return self._corrected(lambda thinking: self._call(request, thinking))

    def _corrected(self, call: Callable[[types.ThinkingConfig | None], T]) -> T:
        thinking = self._thinking()
        try:
            return call(thinking)
        except errors.ClientError as error:
            if thinking is None or "thinking" not in (error.message or "").lower():
                raise
            _without_thinking_config.add((self.base_url, self.model))
            return call(None)

    def _call(self, request: CompletionRequest, thinking: types.ThinkingConfig | None) -> Answer:
        return _read(
            self._client().models.generate_content(
                model=self.model,
                contents=self._contents(request),
                config=self._config(request, thinking),
            )
        )

    def _listen(self, request: CompletionRequest, heard: Heard) -> Iterator[str]:
        first, rest = self._corrected(lambda thinking: self._open(request, thinking))
        for response in chain(first, rest):
            yield _hear(response, heard)

    def _open(
        self, request: CompletionRequest, thinking: types.ThinkingConfig | None
    ) -> tuple[list[types.GenerateContentResponse], Iterator[types.GenerateContentResponse]]:
        """The SDK makes the call with the first step, and so a refusal comes with it."""
        rest = self._client().models.generate_content_stream(
            model=self.model,
            contents=self._contents(request),
            config=self._config(request, thinking),
        )
        return list(islice(rest, 1)), rest

    def _contents(self, request: CompletionRequest) -> list[types.Content]:
        return [
            types.Content(role="model" if turn.role == "assistant" else "user", parts=_parts(turn))
            for turn in self._turns(request)
        ]

    def _config(
        self, request: CompletionRequest, thinking: types.ThinkingConfig | None
    ) -> types.GenerateContentConfig:
        left = int(request.deadline.remaining() * 1000)
        facts = model_facts(self.kind, self.model)
        facts = facts if thinking else facts.with_room()
        return types.GenerateContentConfig(
            system_instruction=request.system or None,
            max_output_tokens=facts.cap(request.max_tokens),
            temperature=request.temperature if facts.temperature else None,
            thinking_config=thinking,
            automatic_continuation=False,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            http_options=types.HttpOptions(timeout=max(left, SHORTEST_TOLD_TIMEOUT_MS)),
        )

    def _thinking(self) -> types.ThinkingConfig | None:
        """The least thinking that the model allows."""
        effort = model_facts(self.kind, self.model).effort
        if not effort or (self.base_url, self.model) in _without_thinking_config:
            return None
        if effort == "off":
            return types.ThinkingConfig(thinking_budget=0)
        return types.ThinkingConfig(thinking_level=types.ThinkingLevel(effort.upper()))

    def _client(self) -> genai.Client:
        # Names such as gemini-flash-latest exist in v1beta only.
        version = "v1beta" if self.model.endswith("-latest") else "v1"
        key = (self.kind, self.base_url, self._api_key, self._guard, version)
        return shared_client(key, lambda: self._build(version))

    def _build(self, version: str) -> genai.Client:
        return genai.Client(
            vertexai=False,
            api_key=self._api_key,
            http_options=types.HttpOptions(
                base_url=self.base_url,
                api_version=version,
                httpx_client=self._http(),
                async_client_args={"verify": ssl_context()},
            ),
        )

    def _offered(self, deadline: Deadline) -> list[str]:
        left = int(deadline.remaining() * 1000)
        timeout = types.HttpOptions(timeout=max(left, SHORTEST_TOLD_TIMEOUT_MS))
        config = types.ListModelsConfig(page_size=PAGE, http_options=timeout)
        return [
            words(model.name).removeprefix("models/")
            for model in self._client().models.list(config=config).page
            if "generateContent" in (model.supported_actions or [])
        ]

    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        if not isinstance(error, errors.APIError):
            return None
        return explain_error(
            who=self.label,
            status=error.code if isinstance(error.code, int) else 500,
            message=self._quotable(words(error.message)),
            body=error.details,
        )


def _parts(turn: Turn) -> list[types.Part]:
    shown = [types.Part.from_bytes(data=m.content, mime_type=m.mime) for m in turn.media]
    return [*shown, types.Part(text=turn.text)]


def _read(response: types.GenerateContentResponse) -> Answer:
    model, usage = words(response.model_version), _usage(response)
    if not response.candidates:
        feedback = response.prompt_feedback
        blocked = feedback is not None and feedback.block_reason is not None
        return Answer("", "blocked" if blocked else "stop", model, usage)
    candidate = response.candidates[0]
    parts = (candidate.content.parts if candidate.content else None) or []
    text = "".join(words(part.text) for part in parts if not part.thought)
    reason = str(getattr(candidate.finish_reason, "value", candidate.finish_reason) or "")
    return Answer(text, FINISHES.get(reason, "odd"), model, usage)


def _hear(response: types.GenerateContentResponse, heard: Heard) -> str:
    answer = _read(response)
    heard.model = answer.model or heard.model
    if response.usage_metadata is not None:
        heard.usage = answer.usage
    if answer.finish != "stop" or _has_ended(response):
        heard.finish = answer.finish
    return answer.text


def _has_ended(response: types.GenerateContentResponse) -> bool:
    return bool(response.candidates and response.candidates[0].finish_reason)


def _usage(response: types.GenerateContentResponse) -> Usage:
    """Thinking is billed as output, so `tokens_out` holds it too."""
    meta = response.usage_metadata
    if meta is None:
        return Usage()
    thinking = count(meta.thoughts_token_count)
    return Usage(
        tokens_in=count(meta.prompt_token_count),
        tokens_out=count(meta.candidates_token_count) + thinking,
        tokens_cached=count(meta.cached_content_token_count),
        tokens_thinking=thinking,
    )
