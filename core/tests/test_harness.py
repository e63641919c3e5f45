"""The harness itself: real engines, and clean ones."""

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import connection, transaction

from accounts.models import Business, User
from core.testing.engines import Engines
from messaging.models import Channel


def test_the_database_is_the_one_that_was_asked_for(db: None, engines: Engines) -> None:
    assert connection.vendor == engines.database


def test_secrets_of_a_channel_survive_the_database(telegram_channel: Channel) -> None:
    assert Channel.objects.get(pk=telegram_channel.pk).secrets["webhook_secret"] == "hook-secret"


def test_owner_and_stranger_belong_to_different_businesses(owner: User, stranger: User) -> None:
    assert owner.business_id != stranger.business_id


@pytest.mark.django_db(transaction=True)
def test_transactions_commit_for_real() -> None:
    seen: list[str] = []
    with transaction.atomic():
        Business.objects.create(name="Kite Bikes")
        transaction.on_commit(lambda: seen.append("committed"))
    assert seen == ["committed"]


@pytest.mark.parametrize("turn", [1, 2])
def test_the_cache_starts_empty(turn: int) -> None:
    assert cache.get("left-over") is None
    cache.set("left-over", turn)
    assert cache.get("left-over") == turn


def test_static_files_need_no_collecting() -> None:
    assert staticfiles_storage.url("missing.css") == "/static/missing.css"
