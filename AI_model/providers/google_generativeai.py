"""Gemini through google-generativeai 0.8.6, for who must use that library (GEMINI_SDK).

Its support ended on 2025-11-30, so nothing of it is imported before the first call. Its HTTP goes
through our own transport, which keeps the deadline and the size limit: it keeps neither.
"""

import io
import warnings
from typing import Any, NamedTuple

from AI_model.catalog import model_facts
from AI_model.providers.base import CompletionRequest, ProviderError, Turn, Usage
from AI_model.providers.failures import key_error
from AI_model.providers.gemini_wire import FINISHES, explain_error
from AI_model.providers.hosted import Answer, HostedProvider, count, words
from AI_model.providers.registry import LEGACY_PACKAGE, LEGACY_REMEDY
from AI_model.providers.transport import http_client, shared_client
from core.lib.clock import Deadline


class _Door(NamedTuple):
    """The SDK's module and one of its clients."""

    sdk: Any
    client: Any


class GoogleGenerativeAIProvider(HostedProvider):
    kind = "gemini"
    label = "Gemini"
    key_header = ("x-goog-api-key", "")

    def _ask(self, request: CompletionRequest) -> Answer:
        sdk, client = shared_client((LEGACY_PACKAGE, self.base_url, self._api_key), self._build)
        model = sdk.GenerativeModel(self.model, system_instruction=request.system or None)
        # Otherwise the SDK takes its one global client, which holds one key per process.
        model._client = client
        response = model.generate_content(
            [
                {"role": "model" if turn.role == "assistant" else "user", "parts": _parts(turn)}
                for turn in self._turns(request)
            ],
            generation_config=self._config(request),
            request_options={"timeout": request.deadline.remaining(), "retry": None},
        )
        return _read(response.to_dict(), sdk)

    def _config(self, request: CompletionRequest) -> dict[str, Any]:
        facts = model_facts(self.kind, self.model).with_room()
        config: dict[str, Any] = {"max_output_tokens": facts.cap(request.max_tokens)}
        if request.temperature is not None and facts.temperature:
            config["temperature"] = request.temperature
        return config

    def _build(self) -> _Door:
        sdk = _import_sdk()
        from google.ai import generativelanguage_v1beta as api
        from google.ai.generativelanguage_v1beta.services.generative_service import transports
        from google.auth.credentials import AnonymousCredentials

        nobody: Any = AnonymousCredentials  # untyped
        transport: Any = transports.GenerativeServiceRestTransport(
            host=self.base_url, credentials=nobody()
        )
        _bound(transport._session, self._api_key)
        return _Door(sdk, api.GenerativeServiceClient(transport=transport))

    def _offered(self, deadline: Deadline) -> list[str]:
        """Only a business's own endpoint is asked, and this library serves none of them."""
        return []

    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        from google.api_core.exceptions import GoogleAPICallError
        from google.auth.exceptions import InvalidOperation
        from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]

        if isinstance(error, InvalidOperation):  # a 401, for which it wants to renew credentials
            return key_error(self.label)
        if isinstance(error, ParseError):
            return self._explain_content(ValueError(str(error)))
        if not isinstance(error, GoogleAPICallError):
            return None
        body = error.response.json() if error.response is not None else {}
        inner = body.get("error") if isinstance(body, dict) else None
        return explain_error(
            who=self.label,
            status=int(error.code or 500),
            message=words(inner.get("message")) if isinstance(inner, dict) else "",
            body=body,
        )


def _parts(turn: Turn) -> list[Any]:
    return [*({"mime_type": m.mime, "data": m.content} for m in turn.media), turn.text]


def _import_sdk() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            import google.generativeai as sdk
    except ImportError as error:
        raise ProviderError(
            "not_installed",
            f"The library google-generativeai is not installed. {LEGACY_REMEDY}",
            permanent=True,
        ) from error
    return sdk


def _bound(session: Any, api_key: str) -> None:
    """Make a requests session send through our transport, with this key, without proxies."""
    from requests import Response
    from requests.adapters import BaseAdapter

    class Bounded(BaseAdapter):
        """Keeps no headers of the answer, so a redirect leads nowhere."""

        def send(self, request: Any, *_: Any, **__: Any) -> Response:
            answer = client.request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
            response = Response()
            response.status_code, response.request = answer.status_code, request
            response.url, response.raw = request.url, io.BytesIO(answer.content)
            return response

        def close(self) -> None:
            client.close()

    client = http_client()
    session.trust_env = False
    session.headers["x-goog-api-key"] = api_key
    session.mount("https://", Bounded())
    session.mount("http://", Bounded())


def _read(response: dict[str, Any], sdk: Any) -> Answer:
    model, usage = words(response.get("model_version")), _usage(response)
    candidates = response.get("candidates") or []
    if not candidates:
        blocked = (response.get("prompt_feedback") or {}).get("block_reason")
        return Answer("", "blocked" if blocked else "stop", model, usage)
    parts = (candidates[0].get("content") or {}).get("parts") or []
    names = {reason.value: reason.name for reason in sdk.protos.Candidate.FinishReason}
    reason = names.get(candidates[0].get("finish_reason"), "unknown")
    text = "".join(words(part.get("text")) for part in parts)
    return Answer(text, FINISHES.get(reason, "odd"), model, usage)


def _usage(response: dict[str, Any]) -> Usage:
    """This SDK does not know thinking; the API's total holds it."""
    meta = response.get("usage_metadata") or {}
    tokens_in, said = (
        count(meta.get("prompt_token_count")),
        count(meta.get("candidates_token_count")),
    )
    tokens_out = max(said, count(meta.get("total_token_count")) - tokens_in)
    return Usage(
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_cached=count(meta.get("cached_content_token_count")),
        tokens_thinking=tokens_out - said,
    )
