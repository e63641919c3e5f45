"""The platforms' payloads that tests send, one file each."""

from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent / "payloads"


def raw_payload(name: str, platform: str = "telegram") -> bytes:
    return (FOLDER / platform / f"{name}.json").read_bytes()


def payload(name: str, platform: str = "telegram") -> Any:
    return orjson.loads(raw_payload(name, platform))


def payload_names(platform: str = "telegram") -> list[str]:
    return sorted(path.stem for path in (FOLDER / platform).glob("*.json"))
