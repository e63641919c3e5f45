"""Two runs, one for each database, share what says nothing about databases."""

from __future__ import annotations

import pytest

SHARES = ("all", "sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--share",
        choices=SHARES,
        default="all",
        help="sqlite: what needs a database, browsers, `once`; postgresql: all but the latter two",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in _fixtures(item):
            item.add_marker("browser")
    share = config.getoption("--share")
    left = [item for item in items if not _belongs(item, share)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _belongs(item, share)]


def _belongs(item: pytest.Item, share: str) -> bool:
    alone = any(item.get_closest_marker(name) for name in ("once", "browser"))
    if share == "postgresql":
        return not alone
    return share == "all" or alone or _needs_database(item)


def _needs_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") is not None
    return marked or not _fixtures(item).isdisjoint(("db", "transactional_db"))


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
