"""What a chat's tree is made of, and what deleting does to it."""

import pytest

from ai_chat.tree import Below, Node, Tree, deletion, grow

# a1 ─ b2 ─ c3 ─ d4
#      │    └── e5 ─ f8
#      └─ g6 ─ h7
# i9
SHAPE = {
    "a1": (None, "b2"),
    "b2": ("a1", "c3"),
    "c3": ("b2", "e5"),
    "d4": ("c3", None),
    "e5": ("c3", "f8"),
    "g6": ("b2", "h7"),
    "h7": ("g6", None),
    "f8": ("e5", None),
    "i9": (None, None),
}


@pytest.fixture
def tree() -> Tree:
    return grow(
        Node(name, parent, child, int(name[1:]), "user", "done")
        for name, (parent, child) in reversed(SHAPE.items())
    )


@pytest.mark.parametrize(
    ("leaf", "path"),
    [("f8", "a1 b2 c3 e5 f8"), ("i9", "i9"), (None, ""), ("gone", "")],
)
def test_the_path_leads_from_the_root_to_the_leaf(tree: Tree, leaf: str, path: str) -> None:
    assert tree.path(leaf) == path.split()


@pytest.mark.parametrize(
    ("node", "siblings"), [("d4", "d4 e5"), ("g6", "c3 g6"), ("i9", "a1 i9"), ("f8", "f8")]
)
def test_siblings_stand_in_the_order_of_their_positions(
    tree: Tree, node: str, siblings: str
) -> None:
    assert tree.siblings(node) == siblings.split()


@pytest.mark.parametrize(
    ("node", "leaf"), [("a1", "f8"), ("g6", "h7"), ("d4", "d4"), ("c3", "f8"), ("i9", "i9")]
)
def test_a_switch_leads_to_where_one_last_stood(tree: Tree, node: str, leaf: str) -> None:
    assert tree.leaf_below(node) == leaf


def test_a_switch_leads_to_the_newest_where_nobody_stood_yet() -> None:
    nodes = [Node(n, p, "gone", int(n[1:]), "user", "done") for n, (p, _) in SHAPE.items()]
    assert grow(nodes).leaf_below("a1") == "h7"


def test_what_hangs_under_nothing_is_a_root() -> None:
    tree = grow([Node("x1", "gone", None, 1, "user", "done")])
    assert tree.children(None) == ["x1"]
    assert tree.path("x1") == ["x1"]


def test_marks_name_only_what_changes(tree: Tree) -> None:
    assert tree.marks("f8") == {}
    assert tree.marks("h7") == {"b2": "g6"}
    assert tree.marks("d4") == {"c3": "d4"}


@pytest.mark.parametrize(
    ("node", "below", "stands_at", "deleted", "moved", "leaf", "marks"),
    [
        # A leaf: to the sibling before it, else the one after, else the parent.
        ("f8", "keep", "f8", "f8", "", "e5", {"e5": None}),
        ("d4", "keep", "d4", "d4", "", "f8", {}),
        ("i9", "keep", "i9", "i9", "", "f8", {}),
        ("h7", "delete", "f8", "h7", "", "f8", {"g6": None}),
        # In the middle: children move up, and one goes on standing where one stood.
        ("c3", "keep", "f8", "c3", "d4 e5", "f8", {"b2": "e5"}),
        ("a1", "keep", "f8", "a1", "b2", "f8", {}),
        ("c3", "keep", "h7", "c3", "d4 e5", "h7", {"b2": "g6"}),
        ("g6", "keep", "f8", "g6", "h7", "f8", {}),
        # With all below.
        ("c3", "delete", "f8", "c3 d4 e5 f8", "", "h7", {"b2": "g6"}),
        ("e5", "delete", "f8", "e5 f8", "", "d4", {"c3": "d4"}),
        ("b2", "delete", "f8", "b2 c3 g6 d4 e5 h7 f8", "", "a1", {"a1": None}),
        ("a1", "delete", "i9", "a1 b2 c3 g6 d4 e5 h7 f8", "", "i9", {}),
    ],
)
def test_what_deleting_does(
    tree: Tree,
    node: str,
    below: Below,
    stands_at: str,
    deleted: str,
    moved: str,
    leaf: str,
    marks: dict[str, str | None],
) -> None:
    plan = deletion(tree, node, below=below, active_leaf_id=stands_at)
    assert plan.deleted == deleted.split()
    assert plan.moved == moved.split()
    assert plan.active_leaf_id == leaf
    assert plan.marks == marks


def test_after_the_last_message_nothing_is_active() -> None:
    tree = grow([Node("a1", None, None, 1, "user", "done")])
    assert deletion(tree, "a1", below="delete", active_leaf_id="a1").active_leaf_id is None
