"""What was said in a chat, kept as plainly as one can: what the rows are held against."""

import itertools
from dataclasses import dataclass, field


@dataclass(slots=True)
class Said:
    parent: str | None
    role: str
    words: str
    ended: bool = True


@dataclass(slots=True)
class Told:
    """`said` in the order of saying; `looked`: the child last looked at, where that is known."""

    said: dict[str, Said] = field(default_factory=dict)
    leaf: str | None = None
    looked: dict[str, str] = field(default_factory=dict)

    def children(self, parent: str | None) -> list[str]:
        return [one for one, said in self.said.items() if said.parent == parent]

    def path(self, leaf: str | None) -> list[str]:
        if leaf is None:
            return []
        return [*self.path(self.said[leaf].parent), leaf]

    def words(self) -> list[str]:
        """Of the active path."""
        return [self.said[one].words for one in self.path(self.leaf)]

    def below(self, one: str) -> list[str]:
        return [one, *(under for child in self.children(one) for under in self.below(child))]

    def running(self, *ids: str | None) -> bool:
        return any(one is not None and not self.said[one].ended for one in ids)

    def add(self, one: str, said: Said) -> None:
        self.said[one] = said
        self.stand_at(one)

    def stand_at(self, leaf: str | None) -> None:
        self.leaf = leaf
        path = self.path(leaf)
        self.looked.update(itertools.pairwise(path))

    def leads_to(self, start: str, leaf: str) -> bool:
        """Whether switching to `start` may end at `leaf`: where one last stood, as far as known."""
        path = self.path(leaf)
        if start not in path or self.children(leaf):
            return False
        down = path[path.index(start) :]
        return all(self.looked.get(up, child) == child for up, child in itertools.pairwise(down))

    def delete(self, one: str, *, keep: bool) -> list[str]:
        """What is gone; the caller says where one stands after that."""
        gone = [one] if keep else self.below(one)
        parent = self.said[one].parent
        for child in self.children(one) if keep else []:
            self.said[child].parent = parent
        for each in gone:
            del self.said[each]
        self.looked = {
            up: child for up, child in self.looked.items() if up in self.said and child in self.said
        }
        return gone
