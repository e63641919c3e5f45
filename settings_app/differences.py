"""What differs between two texts, in pieces that a person can read. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

MAX_LINES = 4_000
MAX_WORDS = 600
MAX_SEGMENTS = 300
MAX_SHOWN = 40_000
"""Characters of one page's difference."""
ALIKE = 0.4
"""Of the words, below which a changed line is shown as another one."""
CONTEXT = 1
"""Lines that stand the same around what differs."""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")

What = Literal["same", "added", "removed", "gap"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text; a gap stands for lines that are the same."""

    what: What
    text: str = ""


@dataclass(frozen=True, slots=True)
class PageText:
    place: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PageDifference:
    place: str
    title: str
    what: Literal["added", "removed", "changed"]
    segments: list[Segment]


@dataclass(slots=True)
class Difference:
    """`pages` holds the first `most` of those that differ; the counts are of all."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    pages: list[PageDifference] = field(default_factory=list)

    @property
    def more(self) -> int:
        """Pages that differ and are not shown."""
        return self.added + self.removed + self.changed - len(self.pages)


def compare(
    before: Mapping[str, PageText], after: Mapping[str, PageText], *, most: int
) -> Difference:
    """Page by page, by key: in the order of `after`, then what is gone."""
    found = Difference()
    for key, page in after.items():
        was = before.get(key)
        if was is None:
            found.added += 1
            _show(found, most, page, "added", "", page.text)
        elif (was.text, was.title) != (page.text, page.title):
            found.changed += 1
            _show(found, most, page, "changed", _whole(was), _whole(page))
        else:
            found.unchanged += 1
    for key, page in before.items():
        if key not in after:
            found.removed += 1
            _show(found, most, page, "removed", page.text, "")
    return found


def _whole(page: PageText) -> str:
    return f"{page.title}\n{page.text}"


def _show(
    found: Difference,
    most: int,
    page: PageText,
    what: Literal["added", "removed", "changed"],
    before: str,
    after: str,
) -> None:
    if len(found.pages) < most:
        segments = segments_of(before, after)
        found.pages.append(PageDifference(page.place, page.title, what, segments))


def segments_of(before: str, after: str) -> list[Segment]:
    """Lines that differ, word by word, with a line around; bounded in number and length."""
    shown: list[Segment] = []
    letters = 0
    for segment in _joined(_lines(before.splitlines(), after.splitlines())):
        letters += len(segment.text)
        if len(shown) >= MAX_SEGMENTS or letters > MAX_SHOWN:
            shown.append(Segment("gap"))
            break
        shown.append(segment)
    return shown


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Segment]:
    if not before or not after:
        yield from _replaced(before, after)
        return
    if len(before) > MAX_LINES or len(after) > MAX_LINES:
        yield from _rough(before, after)
        return
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for number, (what, i, j, k, m) in enumerate(blocks):
        if what == "equal":
            yield from _around(before[i:j], number == 0, number == len(blocks) - 1)
        else:
            yield from _changed(before[i:j], after[k:m])


def _rough(before: Sequence[str], after: Sequence[str]) -> Iterator[Segment]:
    """Very long texts: lines that only one of them has."""
    old, new = set(before), set(after)
    yield Segment("gap")
    gone = [line for line in before if line not in new]
    came = [line for line in after if line not in old]
    yield from _replaced(gone, came)


def _around(lines: Sequence[str], first: bool, last: bool) -> Iterator[Segment]:
    """The ends of what is the same, where they touch something that is not."""
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(lines) <= head + tail:
        yield Segment("same", _text(lines))
        return
    if head:
        yield Segment("same", _text(lines[:head]))
    yield Segment("gap")
    if tail:
        yield Segment("same", _text(lines[-tail:]))


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Segment]:
    old, new = (_WORDS.findall(_text(lines)) for lines in (before, after))
    if not old or not new or len(old) > MAX_WORDS or len(new) > MAX_WORDS:
        yield from _replaced(before, after)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if _common(matcher, old, new) < ALIKE:
        yield from _replaced(before, after)
        return
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            yield Segment("same", "".join(old[i:j]))
        else:
            yield Segment("removed", "".join(old[i:j]))
            yield Segment("added", "".join(new[k:m]))


def _common(matcher: "SequenceMatcher[str]", old: Sequence[str], new: Sequence[str]) -> float:
    """The part of the words that both have; blanks are no words."""
    words = sum(not word.isspace() for word in (*old, *new))
    kept = (
        not word.isspace()
        for block in matcher.get_matching_blocks()
        for word in old[block.a : block.a + block.size]
    )
    return 2 * sum(kept) / words if words else 0.0


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Segment]:
    yield Segment("removed", _text(before))
    yield Segment("added", _text(after))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _joined(segments: Iterator[Segment]) -> Iterator[Segment]:
    """Neighbours of a kind together, empty ones left out."""
    held: Segment | None = None
    for segment in segments:
        if not segment.text and segment.what != "gap":
            continue
        if held is not None and held.what == segment.what:
            held = Segment(held.what, held.text + segment.text)
            continue
        if held is not None:
            yield held
        held = segment
    if held is not None:
        yield held
