"""Who and what most tests start from. Models are imported late: this file loads before Django."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from core.testing.engines import ENGINES, Engines

if TYPE_CHECKING:
    from redis import Redis
    from rest_framework.test import APIClient

    from accounts.models import Business, User
    from messaging.models import Channel

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def engines(pytestconfig: pytest.Config) -> Engines:
    return pytestconfig.stash[ENGINES]


@pytest.fixture(scope="session")
def valkey_url(engines: Engines) -> str:
    return engines.redis_url


@pytest.fixture(scope="session")
def valkey(engines: Engines) -> Iterator[Redis]:
    from redis import Redis

    client = Redis(unix_socket_path=str(engines.socket))
    yield client
    client.close()


@pytest.fixture(autouse=True)
def empty_valkey(valkey: Redis) -> None:
    """No test sees another's queue, cache, rate limits or lock-outs."""
    valkey.flushall()


@pytest.fixture(autouse=True)
def no_kept_prices() -> None:
    """What a test read of prices may be gone with its transaction."""
    from AI_model.services.prices import forget_prices

    forget_prices()


@pytest.fixture(autouse=True)
def no_listeners() -> None:
    """No test sees the webhook endpoints that another one left in this process's memory."""
    from messaging.hooks.interest import interest

    interest.know_none()


@pytest.fixture(autouse=True)
def worker_at_hand() -> Iterator[None]:
    """An index that is missed is there at once, as if a worker had been quicker than the test."""
    from AI_model.services.index_rows import indexes_due
    from AI_model.signals import index_awaited

    def build(business_id: str, **kwargs: object) -> None:
        from AI_model.services.indexing import build_index

        if business_id in indexes_due(older_than=0):
            build_index(business_id=business_id, apart=False)

    index_awaited.connect(build)
    yield
    index_awaited.disconnect(build)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(engines: Engines) -> None:
    """SQLite in a file, as in real life: an in-memory one locks differently."""
    from django.conf import settings

    if engines.database == "sqlite":
        test = settings.DATABASES["default"].setdefault("TEST", {})
        test["NAME"] = str(engines.folder / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    from core.testing.emptying import Emptier

    with pytest.MonkeyPatch.context() as patch:
        Emptier().install(patch)
        yield


@pytest.fixture
def database_away(transactional_db: None) -> Iterator[None]:
    """The address of the database leads nowhere. Ask for it after what it would need."""
    from django.db import connection

    def drop_connections() -> None:
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]

    known = dict(connection.settings_dict)
    drop_connections()
    if connection.vendor == "postgresql":
        connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": "9"}
    else:
        connection.settings_dict |= {"NAME": "/nowhere/at/all.sqlite3"}
    yield
    drop_connections()
    connection.settings_dict |= known


@pytest.fixture
def business(db: None) -> Business:
    from accounts.models import Business

    return Business.objects.create(name="Kite Bikes")


@pytest.fixture
def other_business(db: None) -> Business:
    from accounts.models import Business

    return Business.objects.create(name="Harbour Tea")


def make_user(username: str, business: Business | None, role: str) -> User:
    from accounts.models import User

    return User.objects.create_user(
        username, f"{username}@example.com", PASSWORD, business=business, role=role
    )


@pytest.fixture
def owner(business: Business) -> User:
    return make_user("owner", business, "owner")


@pytest.fixture
def agent(business: Business) -> User:
    return make_user("agent", business, "agent")


@pytest.fixture
def other_owner(other_business: Business) -> User:
    """The owner of another business."""
    return make_user("other_owner", other_business, "owner")


@pytest.fixture
def stranger(other_business: Business) -> User:
    """An agent of another business."""
    return make_user("stranger", other_business, "agent")


@pytest.fixture
def staff(db: None) -> User:
    """Platform staff: a superuser without a business."""
    from accounts.models import User

    return User.objects.create_superuser("staff", "staff@example.com", PASSWORD)


@pytest.fixture
def telegram_channel(business: Business) -> Channel:
    from messaging.models import Channel

    return Channel.objects.create(
        business=business,
        kind="telegram",
        name="Kite bot",
        external_id="700100200",
        secrets={  # type: ignore[misc]  # the field is text only inside the database
            "token": "700100200:test-token",
            "webhook_secret": "hook-secret",
        },
    )


@pytest.fixture
def webchat_channel(business: Business) -> Channel:
    from messaging.models import Channel

    return Channel.objects.create(business=business, kind="webchat", name="Web chat")


@pytest.fixture
def api_client() -> APIClient:
    """A client that nobody is logged in with."""
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def api_for() -> Callable[[User], APIClient]:
    """`api_for(user)`: a client that sends that user's bearer token."""

    def make(user: User) -> APIClient:
        from rest_framework.test import APIClient

        from accounts.services import issue_tokens

        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=user).access}")
        return client

    return make


@pytest.fixture
def owner_api(api_for: Callable[[User], APIClient], owner: User) -> APIClient:
    return api_for(owner)


@pytest.fixture
def agent_api(api_for: Callable[[User], APIClient], agent: User) -> APIClient:
    return api_for(agent)


@pytest.fixture
def other_api(api_for: Callable[[User], APIClient], other_owner: User) -> APIClient:
    return api_for(other_owner)
