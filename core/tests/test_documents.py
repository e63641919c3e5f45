"""What the documents name exists: links, pictures, commands, settings, tests."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from core.env import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py (\w+)")
NAMED_TEST = re.compile(r"`([\w/]+/test_\w+\.py)(?:::(\w+))?`")
SETTING = re.compile(r"`([A-Z][A-Z_]{3,})`")
ANCHOR_NOISE = re.compile(r"[^\w\- ]")
# A machine's own folders.
FORBIDDEN = re.compile(r"(?<![\w.])/(?:work|root|home|tmp|opt)/")
MAX_PICTURE_BYTES = 250_000


def documents() -> list[Path]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path.relative_to(ROOT) for path in found)


def text_of(path: Path) -> str:
    return (ROOT / path).read_text()


def anchors_of(path: Path) -> set[str]:
    """As code hosts make them from headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {ANCHOR_NOISE.sub("", heading.lower()).replace(" ", "-") for heading in headings}


def relative_links(path: Path) -> Iterator[tuple[Path, str]]:
    for target in LINK.findall(text_of(path)):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            yield (ROOT / path).parent / file if file else ROOT / path, anchor


@pytest.mark.parametrize("path", documents(), ids=str)
def test_links_and_pictures_lead_somewhere(path: Path) -> None:
    for target, anchor in relative_links(path):
        assert target.exists(), target
        assert not anchor or anchor in anchors_of(target), anchor


@pytest.mark.parametrize("path", documents(), ids=str)
def test_commands_that_a_document_names_exist(path: Path) -> None:
    assert set(COMMAND.findall(text_of(path))) <= set(get_commands())


@pytest.mark.parametrize("path", documents(), ids=str)
def test_tests_that_a_document_names_exist(path: Path) -> None:
    for file, name in NAMED_TEST.findall(text_of(path)):
        assert not name or f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"
        assert (ROOT / file).exists(), file


@pytest.mark.parametrize("path", documents(), ids=str)
def test_no_document_names_a_machines_own_folder(path: Path) -> None:
    assert FORBIDDEN.findall(text_of(path)) == []


@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_every_setting_of_a_table_is_read_somewhere(name: str) -> None:
    rows = [line for line in text_of(Path(name)).splitlines() if line.startswith("| `")]
    named = {setting for row in rows for setting in SETTING.findall(row.split("|")[1])}
    sources = "\n".join(path.read_text() for path in (ROOT / "core").glob("*.py"))
    assert len(named) > 4
    assert {setting for setting in named if f'"{setting}"' not in sources} == set()


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(Path("Makefile")), re.MULTILINE))
    named = {name for path in documents() for name in re.findall(r"`make ([a-z-]+)", text_of(path))}
    assert named and named <= targets


def test_pictures_are_small_and_each_is_shown() -> None:
    pictures = {path for path in (ROOT / "docs" / "pictures").iterdir() if path.is_file()}
    shown = {target.resolve() for path in documents() for target, _ in relative_links(path)}
    assert pictures <= shown
    assert all(path.stat().st_size <= MAX_PICTURE_BYTES for path in pictures)
