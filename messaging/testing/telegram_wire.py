"""How the loopback Bot API answers: the shapes of the real one, by name of the mishap."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

Json = dict[str, Any]
HTML = b"<html><body><h1>%d</h1></body></html>"


def refusal(status: int, description: str, **parameters: Any) -> Json:
    body: Json = {"ok": False, "error_code": status, "description": description}
    return body | {"parameters": parameters} if parameters else body


# Name of a mode -> HTTP status and JSON body. The modes below it are not plain answers.
REFUSALS: dict[str, tuple[int, Json]] = {
    "blocked": (403, refusal(403, "Forbidden: bot was blocked by the user")),
    "deactivated": (403, refusal(403, "Forbidden: user is deactivated")),
    "kicked": (403, refusal(403, "Forbidden: bot was kicked from the supergroup chat")),
    "forbidden": (403, refusal(403, "Forbidden: something nobody has heard of")),
    "chat_not_found": (400, refusal(400, "Bad Request: chat not found")),
    "bad_entities": (400, refusal(400, "Bad Request: can't parse entities: no end tag found")),
    "too_long": (400, refusal(400, "Bad Request: message is too long")),
    "empty": (400, refusal(400, "Bad Request: message text is empty")),
    "file_too_big": (400, refusal(400, "Bad Request: file is too big")),
    "unknown_file": (
        *(400, refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")),
    ),
    "bad_file": (400, refusal(400, "Bad Request: invalid file_id")),
    "old_query": (
        400,
        refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        ),
    ),
    "unknown_connection": (400, refusal(400, "Bad Request: business connection not found")),
    "silent_customer": (400, refusal(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING")),
    "no_topic": (400, refusal(400, "Bad Request: message thread not found")),
    "bad_request": (400, refusal(400, "Bad Request: something nobody has heard of")),
    "bad_webhook": (
        *(400, refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")),
    ),
    "migrated": (
        *(400, refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)),
    ),
    "unauthorized": (401, refusal(401, "Unauthorized")),
    "not_found": (404, refusal(404, "Not Found")),
    "conflict": (409, refusal(409, "Conflict: terminated by other setWebhook")),
    "server_error": (500, refusal(500, "Internal Server Error")),
    "unavailable": (503, refusal(503, "Service Unavailable")),
    "own_bad_gateway": (502, refusal(502, "Bad Gateway")),
}
GATEWAYS = {"gateway_403": 403, "gateway_502": 502, "gateway_503": 503, "gateway_504": 504}
# Telegram takes the message, and its answer gets lost in one of these ways.
LOST_ANSWERS = {"reset_after_read", "close_after_read", "silence", "half_an_answer"}
ODD_ANSWERS = {"not_json": b"OK", "json_list": b"[]", "odd_json": b'{"done": 1}'}
MODES = {"ok", "slow_down", *REFUSALS, *GATEWAYS, *LOST_ANSWERS, *ODD_ANSWERS}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[str, ...] = ()

    def wire(self, *, cut: bool = False) -> bytes:
        """The bytes on the line; `cut` leaves out the end of the body."""
        lines = [
            f"HTTP/1.1 {self.status} X",
            f"Content-Type: {self.kind}",
            f"Content-Length: {len(self.body)}",
            *self.headers,
        ]
        body = self.body[: len(self.body) // 2] if cut else self.body
        return "\r\n".join([*lines, "", ""]).encode() + body


def json_answer(body: Any, status: int = 200, headers: tuple[str, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), headers=headers)


def slow_down(seconds: float) -> Answer:
    body = refusal(429, f"Too Many Requests: retry after {seconds:g}", retry_after=seconds)
    return json_answer(body, 429, (f"Retry-After: {seconds:g}",))


def mishap(mode: str) -> Answer | None:
    """The answer of a mode that is a plain answer, None for the others."""
    if mode in REFUSALS:
        status, body = REFUSALS[mode]
        return json_answer(body, status)
    if mode in GATEWAYS:
        return Answer(GATEWAYS[mode], HTML % GATEWAYS[mode], "text/html")
    if mode in ODD_ANSWERS:
        return Answer(200, ODD_ANSWERS[mode])
    return None


def read_fields(body: bytes, kind: str) -> Json:
    """A form's fields, or the members of a JSON object."""
    if kind.startswith("application/json"):
        value = orjson.loads(body or b"{}")
        return value if isinstance(value, dict) else {}
    return dict(parse_qsl(body.decode(), keep_blank_values=True))
