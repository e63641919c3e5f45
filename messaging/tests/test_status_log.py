"""Every change of who answers leaves a row: who, when, from what to what, and why."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from core.lib.errors import Conflict
from messaging.models import Channel, Conversation, Customer, StatusChange
from messaging.services.conversations import (
    close_conversation,
    return_to_ai,
    send_support_message,
    take_over,
)
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage

ROUNDS = 12


def make_conversation(channel: Channel, key: str = "visitor", **fields: Any) -> Conversation:
    customer = Customer.objects.create(
        business=channel.business, channel=channel, external_id=key, name="Ada"
    )
    return Conversation.objects.create(
        business=channel.business,
        channel=channel,
        customer=customer,
        external_id=key,
        **{"status": "active", **fields},
    )


def write(channel: Channel, *texts: str, key: str = "visitor") -> None:
    """A customer's messages in one delivery."""
    count = StatusChange.objects.count() + Conversation.objects.get(external_id=key).revision
    events = [
        InboundMessage(
            kind=EventKind.MESSAGE,
            dedupe_key=f"{key} {count} {number}",
            conversation_key=key,
            customer_key=key,
            text=text,
        )
        for number, text in enumerate(texts)
    ]
    receive_events(channel=channel, events=events, raw=b"{}")


def logged(conversation: Conversation) -> list[tuple[str, str, str, str]]:
    rows = StatusChange.objects.filter(conversation=conversation).order_by("seq")
    return [(row.before, row.after, row.by, row.reason) for row in rows]


def test_what_people_do_is_logged_with_their_names(
    owner_api: APIClient, owner: User, webchat_channel: Channel
) -> None:
    conversation = make_conversation(webchat_channel)
    there = f"/api/v1/conversations/{conversation.pk}"
    owner_api.post(f"{there}/takeover/")
    owner_api.post(f"{there}/takeover/")
    owner_api.post(f"{there}/return-to-ai/")
    owner_api.post(f"{there}/messages/", {"text": "I am here."})
    owner_api.post(f"{there}/messages/", {"text": "Still here."})
    owner_api.post(f"{there}/close/")

    answer = owner_api.get(f"{there}/changes/").json()
    rows = [(row["before"], row["after"], row["by"], row["reason"]) for row in answer["results"]]
    assert rows == [
        ("support_active", "closed", "person", "closed"),
        ("active", "support_active", "person", "answered"),
        ("support_active", "active", "person", "gave_back"),
        ("active", "support_active", "person", "took_over"),
    ]
    assert {row["user"]["name"] for row in answer["results"]} == {owner.display_name}
    assert answer["count"] == 4 and answer["results"][0]["at"]


def test_the_list_of_changes_has_pages(owner_api: APIClient, webchat_channel: Channel) -> None:
    conversation = make_conversation(webchat_channel)
    there = f"/api/v1/conversations/{conversation.pk}"
    for action in ("takeover", "return-to-ai", "close"):
        owner_api.post(f"{there}/{action}/")
    page = owner_api.get(f"{there}/changes/?page=2&page_size=2").json()
    assert page["count"] == 3 and [row["reason"] for row in page["results"]] == ["took_over"]
    assert owner_api.get(f"{there}/changes/?colour=red").status_code == 400


def test_the_first_message_opens_without_a_row_and_a_later_one_reopens(
    owner: User, webchat_channel: Channel
) -> None:
    conversation = make_conversation(webchat_channel)
    write(webchat_channel, "Hello")
    assert logged(conversation) == []
    closed = close_conversation(conversation=conversation, user=owner)
    write(webchat_channel, "One more thing", "and another")
    write(webchat_channel, "and a third")

    assert logged(conversation)[1:] == [("closed", "active", "customer", "reopened")]
    reopened = StatusChange.objects.get(by="customer")
    conversation.refresh_from_db()
    assert reopened.seq == closed.revision + 1 == conversation.context_from_seq
    assert reopened.user is None


def test_a_batch_that_reopens_many_costs_one_statement_for_the_log(
    owner: User, webchat_channel: Channel, django_assert_max_num_queries: Any
) -> None:
    keys = [f"visitor {number}" for number in range(30)]
    for key in keys:
        make_conversation(webchat_channel, key, status="closed")
    events = [
        InboundMessage(
            kind=EventKind.MESSAGE,
            dedupe_key=key,
            conversation_key=key,
            customer_key=key,
            text="Hello again",
        )
        for key in keys
    ]
    statements = list[str]()

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        receive_events(channel=webchat_channel, events=events, raw=b"{}")
    assert StatusChange.objects.filter(by="customer", before="closed").count() == 30
    assert sum("statuschange" in sql for sql in statements) == 1


def test_a_stale_copy_of_the_row_does_not_falsify_the_log(
    owner: User, agent: User, webchat_channel: Channel
) -> None:
    stale = make_conversation(webchat_channel)
    close_conversation(conversation=Conversation.objects.get(pk=stale.pk), user=agent)
    assert stale.status == "active"
    send_support_message(conversation=stale, user=owner, text="Back again")
    assert logged(stale)[-1] == ("closed", "support_active", "person", "answered")


@pytest.mark.django_db(transaction=True)
def test_the_log_is_a_chain_whoever_acts_at_once(
    owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = make_conversation(webchat_channel)
    acts: list[Callable[[Conversation, User], Any]] = [
        lambda row, user: take_over(conversation=row, user=user),
        lambda row, user: return_to_ai(conversation=row, user=user),
        lambda row, user: close_conversation(conversation=row, user=user),
        lambda row, user: send_support_message(conversation=row, user=user, text="Hello"),
    ]
    stale = Conversation.objects.select_related("channel", "customer").get(pk=conversation.pk)
    failures = list[BaseException]()

    def run(act: Callable[[Conversation, User], Any], user: User) -> None:
        try:
            for _ in range(ROUNDS):
                try:
                    act(stale, user)
                except Conflict:
                    continue
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    people = [owner, agent, owner, agent]
    threads = [threading.Thread(target=run, args=pair) for pair in zip(acts, people, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

    rows = logged(conversation)
    conversation.refresh_from_db()
    assert len(rows) > len(acts)
    assert rows[0][0] == "active" and rows[-1][1] == conversation.status
    assert all(one[1] == other[0] for one, other in itertools.pairwise(rows))
    assert all(before != after for before, after, _, _ in rows)
