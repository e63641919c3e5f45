"""Logs: one JSON object a line on stderr, with request and conversation ids and no secrets."""

import logging
import logging.config
import re
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
# A bot token, alone or inside an address; a bearer token or API key; a ticket in a query string.
SECRETS = (
    (re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}"), HIDDEN),
    (re.compile(r"/bot[^/\s\"']+"), f"/bot{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:sk|rk|pk)-[A-Za-z0-9_-]{8,}"), HIDDEN),
    (re.compile(r"\b(?:dk_|whsec_)[A-Za-z0-9_+/=-]{8,}"), HIDDEN),  # our own
    (re.compile(r"\bAIza[A-Za-z0-9_-]{20,}"), HIDDEN),
    (re.compile(r"\b(?:EAA|IGAA|IGQ)[A-Za-z0-9_-]{20,}"), HIDDEN),  # Meta's
    (re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), HIDDEN),
    (
        re.compile(r"(?i)([?&](?:ticket|token|key|access_token|api_key|secret)=)[^&\s\"']+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)(://[^/\s:@]+:)[^@\s/]+@"), rf"\1{HIDDEN}@"),
)
SECRET_NAMES = re.compile(
    r"(?i)(token|secret|password|passwd|authorization|api_?key|cookie|ticket)"
)
# They log request addresses, some of which hold a bot token.
CHATTY = (
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "telegram",
    "openai",
    "anthropic",
    "google_genai",
    "axes",  # four lines for each log-in
)


def hide(value: Any, *, depth: int = 4) -> Any:
    """The same value with whatever looks like a secret taken out."""
    if isinstance(value, str):
        for pattern, instead in SECRETS:
            value = pattern.sub(instead, value)
        return value
    if depth == 0 or value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: hide_named(str(key), inner, depth=depth - 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [hide(inner, depth=depth - 1) for inner in value]
    return hide(str(value))


def hide_named(name: str, value: Any, *, depth: int = 4) -> Any:
    if SECRET_NAMES.search(name) and isinstance(value, str | bytes) and value:
        return HIDDEN
    return hide(value, depth=depth)


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: hide_named(name, value) for name, value in event.items() if name[0] != "_"} | {
        name: value for name, value in event.items() if name[0] == "_"
    }


def to_json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def is_no_refusal(record: logging.LogRecord) -> bool:
    """False for a 503, which our own code answers on purpose and as often as it is asked."""
    return getattr(record, "status_code", None) != 503


def shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def configure(options: Mapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG hook. `options`: {"level": …}."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(standard_logging(str(options["level"])))


def standard_logging(level: str) -> dict[str, Any]:
    formatter = {
        "()": "structlog.stdlib.ProcessorFormatter",
        "foreign_pre_chain": shared(),
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_secrets,
            structlog.processors.JSONRenderer(serializer=to_json),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_refusals": {"()": lambda: is_no_refusal}},
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": "WARNING"} for name in CHATTY},
            # Django's own handlers would say everything twice; its 4xx lines hold whole paths.
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR", "filters": ["no_refusals"], "propagate": True},
            "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "uvicorn": {"level": "WARNING"},
        },
    }
