"""A chat as a tree, worked out from its skeleton: paths, siblings, leaves, and what deleting does.

Knows no row. Children stand in the order of their positions; what hangs under a node that is not
there counts as a root.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

Below = Literal["keep", "delete"]
UNFINISHED = frozenset({"pending", "streaming"})


@dataclass(frozen=True, slots=True)
class Node:
    """A message without its words. `active_child_id`: the child last looked at."""

    id: str
    parent_id: str | None
    active_child_id: str | None
    position: int
    role: str
    state: str

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED


@dataclass(frozen=True, slots=True)
class Tree:
    nodes: Mapping[str, Node]
    _children: Mapping[str | None, list[str]] = field(repr=False)

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.nodes

    def __len__(self) -> int:
        return len(self.nodes)

    def parent(self, node_id: str) -> str | None:
        parent_id = self.nodes[node_id].parent_id
        return parent_id if parent_id in self.nodes else None

    def children(self, node_id: str | None) -> list[str]:
        """Ids by position; those of None are the roots."""
        return self._children.get(node_id, [])

    def siblings(self, node_id: str) -> list[str]:
        """All that one can switch between at this place, itself among them."""
        return self.children(self.parent(node_id))

    def path(self, node_id: str | None) -> list[str]:
        """From the root down to the node itself; empty for None."""
        upwards: list[str] = []
        while node_id is not None and node_id in self.nodes:
            upwards.append(node_id)
            node_id = self.parent(node_id)
        return upwards[::-1]

    def leaf_below(self, node_id: str) -> str:
        """Where one stands after switching to the node: by what was last looked at, else newest."""
        while children := self.children(node_id):
            looked_at = self.nodes[node_id].active_child_id
            node_id = looked_at if looked_at in children else children[-1]
        return node_id

    def subtree(self, node_id: str) -> list[str]:
        """The node and all that hangs below it."""
        found = [node_id]
        for one in found:
            found.extend(self.children(one))
        return found

    def marks(self, leaf_id: str | None) -> dict[str, str]:
        """`active_child` of the nodes on the path to the leaf, where it is another now."""
        path = self.path(leaf_id)
        return {up: down for up, down in pairwise(path) if self.nodes[up].active_child_id != down}


def grow(nodes: Iterable[Node]) -> Tree:
    """The tree of a chat's nodes, given in any order."""
    known = {node.id: node for node in nodes}
    children: dict[str | None, list[str]] = {}
    for node in sorted(known.values(), key=lambda node: node.position):
        above = node.parent_id if node.parent_id in known else None
        children.setdefault(above, []).append(node.id)
    return Tree(known, children)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What becomes of the others: `moved` hang under `parent_id` now, `marks` name new
    `active_child`s (None = no child is left)."""

    deleted: list[str]
    moved: list[str]
    parent_id: str | None
    active_leaf_id: str | None
    marks: dict[str, str | None]


def deletion(tree: Tree, node_id: str, *, below: Below, active_leaf_id: str | None) -> Deletion:
    """Take a node out. What hangs below it moves up to its parent ("keep") or goes too."""
    parent_id = tree.parent(node_id)
    moved = tree.children(node_id) if below == "keep" else []
    deleted = [node_id] if below == "keep" else tree.subtree(node_id)
    rest = _without(tree, set(deleted), parent_id)
    heir = _heir(tree, node_id, moved)
    leaf = active_leaf_id
    if leaf is None or leaf not in rest:
        place = heir or parent_id
        leaf = rest.leaf_below(place) if place else None
    marks: dict[str, str | None] = {}
    if parent_id is not None and tree.nodes[parent_id].active_child_id == node_id:
        marks[parent_id] = heir
    marks.update(rest.marks(leaf))
    return Deletion(deleted, list(moved), parent_id, leaf, marks)


def _without(tree: Tree, gone: set[str], parent_id: str | None) -> Tree:
    left = (node for node in tree.nodes.values() if node.id not in gone)
    return grow(
        replace(node, parent_id=parent_id) if node.parent_id in gone else node for node in left
    )


def _heir(tree: Tree, node_id: str, moved: list[str]) -> str | None:
    """Who is looked at instead: its own child, else the sibling before it, else the one after."""
    if moved:
        looked_at = tree.nodes[node_id].active_child_id
        return looked_at if looked_at in moved else moved[-1]
    siblings = tree.siblings(node_id)
    place = siblings.index(node_id)
    others = siblings[:place][::-1] + siblings[place + 1 :]
    return others[0] if others else None
