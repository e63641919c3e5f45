"""What was measured goes where it is read: all of it to docs/quality.md, promises to the README."""

import re
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS, README = ROOT / "docs" / "quality.md", ROOT / "README.md"
BLOCK = re.compile(r"(<!-- eval -->\n).*?(<!-- end of eval -->)", re.DOTALL)


def publish(tables: str, promises: str, *, day: date) -> None:
    _replace(DOCS, f"`make eval` on {day:%d %B %Y}, 2 cores:\n\n```\n{tables}\n\n{promises}\n```\n")
    _replace(README, f"```\n{promises}\n```\n")


def block_of(path: Path) -> str:
    """What the measurement wrote there last."""
    found = BLOCK.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{path.name} has no place for the figures: {BLOCK.pattern}")
    return found[0]


def _replace(path: Path, block: str) -> None:
    block_of(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(BLOCK.sub(lambda found: found[1] + block + found[2], text), encoding="utf-8")
