"""The chat's pages without a browser: what they answer, to whom, and at what cost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from ai_chat.models import AIChat, AIMessage, UserSettings
from ai_chat.pages.lists import snippet
from ai_chat.pages.shown import left_out_words
from ai_chat.services.chats import start_chat
from ai_chat.services.folders import create_folder
from ai_chat.services.messages import ask_again, say
from ai_chat.services.stopping import stop_running
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db
LogIn = Callable[[User], Client]


@pytest.fixture
def log_in() -> LogIn:
    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
        return client

    return logged_in


@pytest.fixture
def chat(agent: User) -> AIChat:
    return start_chat(user=agent, title="Spokes")


def send(client: Client, chat: AIChat, body: Any) -> Any:
    return client.post(f"/chat/{chat.pk}/send/", body, content_type="application/json")


def said(chat: AIChat, words: str) -> AIMessage:
    turn = say(chat=chat, content=words)
    stop_running(chat_id=chat.pk)
    return turn.answer


def test_new_opens_the_empty_chat_or_makes_one(log_in: LogIn, agent: User) -> None:
    client = log_in(agent)
    first = client.get("/chat/new/").headers["Location"]
    assert client.get("/chat/new/").headers["Location"] == first
    made = AIChat.objects.get()
    assert first == f"/chat/{made.pk}/" and made.user == agent

    said(made, "Hello")
    assert client.get("/chat/new/").headers["Location"] != first
    assert AIChat.objects.count() == 2


def test_new_takes_a_folder_or_a_customer_conversation(
    log_in: LogIn, agent: User, owner: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    folder = create_folder(user=agent, name="Answers")
    client = log_in(agent)
    assert client.get(f"/chat/new/?folder={folder.pk}").status_code == 302
    assert AIChat.objects.get(folder=folder).related_conversation is None
    assert client.get(f"/chat/new/?about={conversation.pk}").status_code == 302
    assert AIChat.objects.get(related_conversation=conversation).folder is None


def test_the_chat_opened_last_opens_again(log_in: LogIn, agent: User, chat: AIChat) -> None:
    client = log_in(agent)
    start_chat(user=agent, title="Later")
    assert client.get(f"/chat/{chat.pk}/").status_code == 200
    assert client.get("/chat/").headers["Location"] == f"/chat/{chat.pk}/"
    assert UserSettings.objects.get(user=agent).last_chat == chat
    assert client.get("/chat/?list").status_code == 200


def test_send_answers_as_the_tutorial_shows(
    log_in: LogIn, agent: User, chat: AIChat, model: ModelServer
) -> None:
    answer = send(log_in(agent), chat, {"message": "How many spokes?"})
    assert answer.status_code == 200
    assert answer.json() == {"status": "success", "message": "Answer to: How many spokes?"}
    roles = AIMessage.objects.filter(chat=chat).values_list("role", flat=True)
    assert list(roles) == ["user", "assistant"]


@pytest.mark.parametrize("body", [{"message": ""}, {"message": "  "}, {}, {"message": 7}, []])
def test_send_refuses_what_says_nothing(
    log_in: LogIn, agent: User, chat: AIChat, body: Any
) -> None:
    answer = send(log_in(agent), chat, body)
    assert (answer.status_code, answer.json()) == (
        400,
        {"status": "error", "message": "Empty message"},
    )
    assert not AIMessage.objects.exists()


def test_send_takes_posts_only_and_readable_json(log_in: LogIn, agent: User, chat: AIChat) -> None:
    client = log_in(agent)
    answer = client.get(f"/chat/{chat.pk}/send/")
    assert answer.status_code == 405
    assert answer.json() == {"status": "error", "message": "Invalid request method"}
    answer = send(client, chat, "{not json")
    assert answer.status_code == 400 and answer.json()["status"] == "error"


def test_send_says_why_no_answer_came(
    log_in: LogIn, agent: User, chat: AIChat, model: ModelServer
) -> None:
    model.behave("bad_key")
    answer = send(log_in(agent), chat, {"message": "Hello"})
    assert answer.status_code == 502
    assert answer.json()["status"] == "error" and "key" in answer.json()["message"]


def test_delete_asks_first_and_can_be_taken_back(log_in: LogIn, agent: User, chat: AIChat) -> None:
    client = log_in(agent)
    assert b"Delete this chat?" in client.get(f"/chat/{chat.pk}/delete/").content
    assert client.post(f"/chat/{chat.pk}/delete/").headers["Location"] == "/chat/?list"
    assert client.get(f"/chat/{chat.pk}/").status_code == 404
    assert client.post(f"/chat/{chat.pk}/restore/").status_code == 302
    assert client.get(f"/chat/{chat.pk}/").status_code == 200


@pytest.mark.parametrize("who", ["owner", "other_owner"])
@pytest.mark.parametrize("place", ["", "turns/", "print/", "delete/"])
def test_a_chat_is_missing_for_everybody_else(
    log_in: LogIn, chat: AIChat, who: str, place: str, request: pytest.FixtureRequest
) -> None:
    stranger = log_in(request.getfixturevalue(who))
    assert stranger.get(f"/chat/{chat.pk}/{place}").status_code == 404
    assert send(stranger, chat, {"message": "Hello"}).status_code == 404
    assert b"Spokes" not in stranger.get("/chat/?list").content
    assert chat.pk not in stranger.get("/chat/list/?q=Spokes").content.decode()
    assert not AIMessage.objects.filter(chat=chat).exists()


def test_nobody_comes_in_without_logging_in(client: Client, chat: AIChat) -> None:
    for address in ("/chat/", "/chat/new/", f"/chat/{chat.pk}/", "/chat/settings/"):
        assert client.get(address).headers["Location"].startswith("/accounts/login/")
    assert send(client, chat, {"message": "Hello"}).status_code == 302
    assert AIChat.objects.count() == 1


def test_words_that_belong_to_no_business_are_missing(log_in: LogIn, db: None) -> None:
    staff = User.objects.create_user("staff", "staff@example.com", "x" * 12, is_staff=True)
    assert log_in(staff).get("/chat/").status_code == 404


def test_what_a_person_or_a_model_writes_never_becomes_markup(
    log_in: LogIn, agent: User, chat: AIChat
) -> None:
    answer = said(chat, "<img src=x onerror=alert(1)>")
    AIMessage.objects.filter(pk=answer.pk).update(
        state="done", content="<img src=x onerror=alert(2)> [x](javascript:alert(3))"
    )
    page = log_in(agent).get(f"/chat/{chat.pk}/").content.decode()
    assert "<img" not in page and 'href="javascript' not in page


def test_plain_forms_do_the_same_as_the_script(log_in: LogIn, agent: User, chat: AIChat) -> None:
    client = log_in(agent)
    assert client.post(f"/chat/{chat.pk}/say/", {"text": "Hello"}).status_code == 302
    asked, answer = AIMessage.objects.order_by("position")
    assert client.post(f"/chat/{chat.pk}/stop/").status_code == 302
    place = f"/chat/{chat.pk}/turns"
    assert client.post(f"{place}/{asked.pk}/edit/", {"text": "Hi"}).status_code == 302
    stop_running(chat_id=chat.pk)
    assert client.post(f"{place}/{asked.pk}/activate/").status_code == 302
    assert AIChat.objects.get(pk=chat.pk).active_leaf == answer
    question = client.get(f"{place}/{asked.pk}/remove/").content
    assert b"Delete this and the 1 below" in question
    client.post(f"{place}/{asked.pk}/remove/", {"below": "delete"})
    assert not AIMessage.objects.filter(pk__in=[asked.pk, answer.pk]).exists()


def test_versions_are_counted_and_what_was_left_out_is_said(
    log_in: LogIn, agent: User, chat: AIChat
) -> None:
    first = said(chat, "Hello")
    ask_again(message=first)
    stop_running(chat_id=chat.pk)
    AIMessage.objects.exclude(pk=first.pk).update(context={"left_out": 3, "summary": True})
    page = log_in(agent).get(f"/chat/{chat.pk}/").content.decode()
    assert "2 of 2" in page
    assert "3 earlier messages were left out of what the model read; a summary stands for" in page


def test_a_refusal_is_one_sentence_for_the_script(log_in: LogIn, agent: User, chat: AIChat) -> None:
    client = log_in(agent)
    say(chat=chat, content="Hello")
    answer = client.post(f"/chat/{chat.pk}/say/", {"text": "Again"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.json()["code"]) == (409, "answering")
    unknown = {"text": "Again", "model": "no-such-model"}
    assert client.post(f"/chat/{chat.pk}/say/", unknown).status_code == 400


@pytest.mark.parametrize("count", [4, 40])
def test_opening_a_chat_takes_the_same_queries_however_long_it_is(
    log_in: LogIn, agent: User, chat: AIChat, count: int
) -> None:
    for n in range(count):
        said(chat, f"Question {n}")
    client = log_in(agent)
    client.get(f"/chat/{chat.pk}/")
    with CaptureQueriesContext(
        connection,
    ) as taken:
        assert client.get(f"/chat/{chat.pk}/").status_code == 200
    assert len(taken) <= 16, [query["sql"][:120] for query in taken]


def test_settings_are_kept_and_follow_the_rules(
    log_in: LogIn, agent: User, model: ModelServer
) -> None:
    client = log_in(agent)
    given = {"default_model": "", "system_prompt": "Be short.", "temperature": "0.5"}
    assert client.post("/chat/settings/", given).status_code == 302
    kept = UserSettings.objects.get(user=agent)
    assert (kept.system_prompt, kept.temperature, kept.auto_title) == ("Be short.", 0.5, False)
    assert b"Ensure this value" in client.post("/chat/settings/", {"temperature": "9"}).content


def test_endpoints_are_shown_to_owners_only(log_in: LogIn, agent: User, owner: User) -> None:
    assert b"Add an endpoint" in log_in(owner).get("/chat/settings/").content
    assert b"Add an endpoint" not in log_in(agent).get("/chat/settings/").content
    assert log_in(agent).get("/chat/settings/endpoints/").status_code == 404


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, ""),
        ({"left_out": 0}, ""),
        ({"left_out": 1}, "1 earlier message was left out of what the model read"),
        (
            {"left_out": 2, "summary": True},
            "2 earlier messages were left out of what the model read; a summary stands for them",
        ),
        (
            {"left_out": 1, "summary": True},
            "1 earlier message was left out of what the model read; a summary stands for it",
        ),
        ({"left_out": None}, ""),
    ],
)
def test_what_was_left_out_in_words(context: dict[str, Any], words: str) -> None:
    assert left_out_words(context) == words


@pytest.mark.parametrize(
    ("text", "sought", "shown"),
    [
        ("", "x", ""),
        ("nothing", "x", ""),
        ("A Wheel is\n bent", "wheel", "A Wheel is bent"),
        ("a" * 60 + "wheel" + "b" * 60, "wheel", "…" + "a" * 40 + "wheel" + "b" * 40 + "…"),
    ],
)
def test_a_found_place_is_cut_to_one_line(text: str, sought: str, shown: str) -> None:
    assert snippet(text, sought) == shown
