"""How Gemini, OpenAI and Anthropic put answers and errors on the wire.

Shapes: ai.google.dev/api/generate-content, platform.openai.com/docs/api-reference/chat and
platform.claude.com/docs/en/api/messages, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from AI_model.testing.wire import JSON_HEADERS, Reply, Said, Script, Tokens, Wire, dump, sse


class Gemini(Wire):
    name = "gemini"
    states: ClassVar = {
        400: "INVALID_ARGUMENT",
        403: "PERMISSION_DENIED",
        404: "NOT_FOUND",
        429: "RESOURCE_EXHAUSTED",
        500: "INTERNAL",
        503: "UNAVAILABLE",
        504: "DEADLINE_EXCEEDED",
    }
    statuses: ClassVar = {"bad_key": 400, "quota": 429, "529": 503}
    finishes: ClassVar = {
        "cut": "MAX_TOKENS",
        "blocked": "SAFETY",
        "tool_call": "UNEXPECTED_TOOL_CALL",
    }

    def speaks(self, path: str) -> bool:
        return path.startswith(("/v1/models/", "/v1beta/models/")) and path.endswith(
            (":generateContent", ":streamGenerateContent")
        )

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:
        return path.endswith(":streamGenerateContent")

    def is_asked(self, headers: Mapping[str, str]) -> bool:
        return "x-goog-api-key" in headers

    def listing(self, names: Sequence[str]) -> dict[str, Any]:
        able = {"supportedGenerationMethods": ["generateContent"]}
        unable = {"name": "models/embedder", "supportedGenerationMethods": ["embedContent"]}
        return {"models": [{"name": f"models/{name}", **able} for name in names] + [unable]}

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        return path.rpartition("/")[2].partition(":")[0]

    def texts(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        system = [("system", _joined(body.get("systemInstruction", {}).get("parts", [])))]
        turns = body.get("contents", [])
        return system + [(turn.get("role", ""), _joined(turn.get("parts", []))) for turn in turns]

    def script(
        self, said: Said, *, pieces: Sequence[str], model: str, tokens: Tokens, counts: bool
    ) -> Script:
        start = {"modelVersion": model, "responseId": "response-1"}
        asked = {"usageMetadata": {"promptTokenCount": tokens.read}} if counts else {}
        said_so_far = [
            sse(start | asked | {"candidates": [{"content": _model_says(piece), "index": 0}]})
            for piece in pieces
        ]
        last = self.answer(Said(None, said.finish, counts), model=model, tokens=tokens)
        error = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}
        thought = {"role": "model", "parts": [{"text": "Hm.", "thought": True}]}
        alive = sse(start | {"candidates": [{"content": thought, "index": 0}]})
        return Script([], said_so_far, [sse(last)], sse({"error": error}), tokens, alive)

    def answer(self, said: Said, *, model: str, tokens: Tokens) -> dict[str, Any]:
        answer: dict[str, Any] = {"modelVersion": model, "responseId": "response-1"}
        if said.usage:
            answer["usageMetadata"] = {
                "promptTokenCount": tokens.read,
                "cachedContentTokenCount": tokens.cached,
                "candidatesTokenCount": tokens.written - tokens.thinking,
                "thoughtsTokenCount": tokens.thinking,
                "totalTokenCount": tokens.read + tokens.written,
            }
        if said.finish == "prompt_blocked":
            return answer | {"promptFeedback": {"blockReason": "SAFETY"}}
        content: dict[str, Any] = {"role": "model"}
        if said.text is not None:
            content["parts"] = [{"text": said.text}]
        finish = self.finishes.get(said.finish, "STOP")
        return answer | {"candidates": [{"content": content, "finishReason": finish, "index": 0}]}

    def error(self, kind: str, retry_after: str) -> Reply:
        status = self.statuses.get(kind) or int(kind)
        details: list[dict[str, str]] = []
        if kind == "bad_key":
            info = "type.googleapis.com/google.rpc.ErrorInfo"
            details = [{"@type": info, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
        if retry_after:
            info = "type.googleapis.com/google.rpc.RetryInfo"
            details = [{"@type": info, "retryDelay": retry_after}]
        return self._error(status, f"This is a {kind} error.", details)

    def refusal(self, body: Mapping[str, Any]) -> Reply | None:
        if "thinkingConfig" not in body.get("generationConfig", {}):
            return None
        return self._error(400, "Thinking level is not supported for this model.", [])

    def objection(self, path: str, body: Mapping[str, Any]) -> Reply | None:
        config = body.get("generationConfig", {})
        thinking = config.get("thinkingConfig", {})
        levels = not self.model(path, body).startswith("gemini-2")
        wrong = (
            (config.get("maxOutputTokens", 1) > 65_536, "maxOutputTokens is out of range."),
            ("frequencyPenalty" in config, "Penalty is not enabled for this model."),
            (body["contents"][-1].get("role") == "model", "The last turn must be the user's."),
            ("thinking_level" in thinking and not levels, "Thinking level is not supported."),
            ("thinking_budget" in thinking and levels, "Thinking budget is not supported."),
        )
        said = next((message for is_wrong, message in wrong if is_wrong), None)
        return self._error(400, said, []) if said else None

    def _error(self, status: int, message: str, details: list[dict[str, str]]) -> Reply:
        state = self.states.get(status, "UNKNOWN")
        error = {"code": status, "message": message, "status": state}
        return Reply(status, dump({"error": error | ({"details": details} if details else {})}))


class OpenAI(Wire):
    name = "openai"
    statuses: ClassVar = {"bad_key": 401, "quota": 429}
    codes: ClassVar = {
        "bad_key": ("invalid_request_error", "invalid_api_key"),
        "quota": ("insufficient_quota", "insufficient_quota"),
        "429": ("requests", "rate_limit_exceeded"),
    }
    finishes: ClassVar = {
        "cut": "length",
        "blocked": "content_filter",
        "prompt_blocked": "content_filter",
        "tool_call": "tool_calls",
    }

    def speaks(self, path: str) -> bool:
        return path.endswith("/chat/completions")

    def is_asked(self, headers: Mapping[str, str]) -> bool:
        return "anthropic-version" not in headers

    def counts(self, body: Mapping[str, Any]) -> bool:
        return bool(body.get("stream_options", {}).get("include_usage"))

    def script(
        self, said: Said, *, pieces: Sequence[str], model: str, tokens: Tokens, counts: bool
    ) -> Script:
        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return self._chunk(model) | {"choices": [choice]}

        words = [sse(chunk({"content": piece})) for piece in pieces]
        ending = [sse(chunk({}, self.finishes.get(said.finish, "stop")))]
        if counts:
            told = self.answer(said, model=model, tokens=tokens)["usage"]
            ending.append(sse(self._chunk(model) | {"choices": [], "usage": told}))
        error = {"message": "Overloaded.", "type": "overloaded_error", "param": None, "code": None}
        start = [sse(chunk({"role": "assistant", "content": ""}))]
        done = b"data: [DONE]\n\n"
        return Script(start, words, [*ending, done], sse({"error": error}), tokens)

    @staticmethod
    def _chunk(model: str) -> dict[str, Any]:
        kind = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1795000000}
        return kind | {"model": model}

    def texts(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(m.get("role", ""), _words(m.get("content"))) for m in body.get("messages", [])]

    def answer(self, said: Said, *, model: str, tokens: Tokens) -> dict[str, Any]:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": said.text},
            "finish_reason": self.finishes.get(said.finish, "stop"),
        }
        answer: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1795000000,
            "model": model,
            "choices": [choice],
        }
        if said.usage:
            answer["usage"] = {
                "prompt_tokens": tokens.read,
                "completion_tokens": tokens.written,
                "total_tokens": tokens.read + tokens.written,
                "prompt_tokens_details": {"cached_tokens": tokens.cached},
                "completion_tokens_details": {"reasoning_tokens": tokens.thinking},
            }
        return answer

    def error(self, kind: str, retry_after: str) -> Reply:
        type_, code = self.codes.get(kind, ("server_error", None))
        status = self.statuses.get(kind) or int(kind)
        return self._error(status, f"This is a {kind} error.", type_, None, code, retry_after)

    def stream_refusal(self, body: Mapping[str, Any]) -> Reply | None:
        if "stream_options" not in body:
            return None
        message = "body.stream_options: Extra inputs are not permitted"
        return self._error(400, message, "invalid_request_error", None, None)

    def refusal(self, body: Mapping[str, Any]) -> Reply | None:
        kind = "invalid_request_error"
        if "max_tokens" in body:
            message = (
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead."
            )
            return self._error(400, message, kind, "max_tokens", "unsupported_parameter")
        if body.get("temperature", 1) != 1:
            message = "Unsupported value: 'temperature' does not support this value."
            return self._error(400, message, kind, "temperature", "unsupported_value")
        return None

    def objection(self, path: str, body: Mapping[str, Any]) -> Reply | None:
        name = self.model(path, body)
        thinks = name.startswith(("gpt-5", "gpt-6", "o3", "o4"))
        if thinks and (refused := self.refusal(body)):
            return refused
        most = 128_000 if thinks else 16_384
        given = body.get("max_completion_tokens", body.get("max_tokens", 1))
        no_none = name.startswith(("gpt-5-", "o3", "o4"))
        wrong = (
            (given > most, f"max_tokens is too large: {given}.", "max_tokens"),
            ("reasoning_effort" in body and not thinks, "Unrecognized.", "reasoning_effort"),
            (
                body.get("reasoning_effort") == "none" and no_none,
                "Unsupported value.",
                "reasoning_effort",
            ),
        )
        found = next(((message, param) for is_wrong, message, param in wrong if is_wrong), None)
        kind = "invalid_request_error"
        return self._error(400, found[0], kind, found[1], "invalid_value") if found else None

    def _error(
        self,
        status: int,
        message: str,
        type_: str,
        param: str | None,
        code: str | None,
        retry_after: str = "",
    ) -> Reply:
        error = {"message": message, "type": type_, "param": param, "code": code}
        headers = JSON_HEADERS | ({"Retry-After": retry_after} if retry_after else {})
        return Reply(status, dump({"error": error}), headers)


class Anthropic(Wire):
    name = "anthropic"
    statuses: ClassVar = {"bad_key": 401, "quota": 402}
    types: ClassVar = {
        400: "invalid_request_error",
        401: "authentication_error",
        402: "billing_error",
        403: "permission_error",
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    finishes: ClassVar = {
        "cut": "max_tokens",
        "blocked": "refusal",
        "prompt_blocked": "refusal",
        "tool_call": "tool_use",
    }

    def speaks(self, path: str) -> bool:
        return path == "/v1/messages"

    def script(
        self, said: Said, *, pieces: Sequence[str], model: str, tokens: Tokens, counts: bool
    ) -> Script:
        told = self.answer(said, model=model, tokens=tokens)
        usage = told["usage"] if counts else {"input_tokens": 0, "output_tokens": 0}
        message = told | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        opening = [
            _event("message_start", message=message),
            _event("content_block_start", **block),
            _event("ping"),
        ]
        words = [
            _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            for piece in pieces
        ]
        end = {"stop_reason": told["stop_reason"], "stop_sequence": None}
        sums = {name: usage[name] for name in usage if name.startswith("output")}
        ending = [
            _event("content_block_stop", index=0),
            _event("message_delta", delta=end, usage=sums),
            _event("message_stop"),
        ]
        error = _event("error", error={"type": "overloaded_error", "message": "Overloaded"})
        return Script(opening, words, ending, error, tokens, _event("ping"))

    def texts(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        turns = [(turn["role"], _words(turn["content"])) for turn in body.get("messages", [])]
        return [("system", body.get("system") or ""), *turns]

    def answer(self, said: Said, *, model: str, tokens: Tokens) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [] if said.text is None else [{"type": "text", "text": said.text}],
            "stop_reason": self.finishes.get(said.finish, "end_turn"),
            "stop_sequence": None,
            "usage": {
                "input_tokens": tokens.read - tokens.cached,
                "cache_read_input_tokens": tokens.cached,
                "output_tokens": tokens.written,
                "output_tokens_details": {"thinking_tokens": tokens.thinking},
            },
        }

    def error(self, kind: str, retry_after: str) -> Reply:
        return self._error(
            self.statuses.get(kind) or int(kind), f"This is a {kind} error.", retry_after
        )

    def refusal(self, body: Mapping[str, Any]) -> Reply | None:
        if "temperature" not in body:
            return None
        return self._error(400, "temperature is not supported.")

    def objection(self, path: str, body: Mapping[str, Any]) -> Reply | None:
        efforts = self.model(path, body).rpartition("-")[2] == "5" and "-4-" not in body["model"]
        wrong = (
            ("temperature" in body, "temperature: not supported."),
            ("output_config" in body and not efforts, "This model does not support effort."),
            (body["max_tokens"] > (128_000 if efforts else 64_000), "max_tokens: too large."),
        )
        said = next((message for is_wrong, message in wrong if is_wrong), None)
        return self._error(400, said) if said else None

    def _error(self, status: int, message: str, retry_after: str = "") -> Reply:
        error = {"type": self.types.get(status, "api_error"), "message": message}
        body = {"type": "error", "error": error, "request_id": "req_1"}
        headers = JSON_HEADERS | ({"Retry-After": retry_after} if retry_after else {})
        return Reply(status, dump(body), headers)


def _model_says(text: str) -> dict[str, Any]:
    return {"role": "model", "parts": [{"text": text}]}


def _event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, event=kind)


def _words(content: str | list[dict[str, Any]] | None) -> str:
    """What is said in a content that may be made of parts."""
    return _joined(content) if isinstance(content, list) else content or ""


def _joined(parts: list[dict[str, Any]]) -> str:
    return "".join(part.get("text", "") for part in parts)


WIRES: tuple[Wire, ...] = (Gemini(), OpenAI(), Anthropic())
