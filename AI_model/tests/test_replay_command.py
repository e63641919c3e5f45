"""`manage.py replay`, as an operator types it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from AI_model.models import Replay
from AI_model.testing.chats import SHIPPING, Chat
from AI_model.testing.model_server import ModelServer
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, delete_entry

pytestmark = pytest.mark.django_db(transaction=True)

NORWAY = "do you ship to norway"
REPAIR = "price of fixing a flat tyre"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run(*words: str, terminal: Terminal | None = None) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command("replay", "--user", "owner", *words, stdout=out, stderr=terminal)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def asked(chat: Chat, knowledge: KnowledgeEntry) -> Chat:
    chat.ask(NORWAY)
    chat.ask(REPAIR)
    return chat


def test_it_prints_a_table_and_each_change_in_words(asked: Chat, knowledge: KnowledgeEntry) -> None:
    changed = SHIPPING.replace("five", "six")
    change_entry(entry=knowledge, changes={"answer": changed}, as_draft=True)
    delete_entry(entry=KnowledgeEntry.objects.exclude(pk=knowledge.pk).get(), as_draft=True)

    code, text = run("--draft", "--days", "3")

    assert code == 0
    lines = text.splitlines()
    assert lines[0] == "Questions of 3 days against the draft"
    table = dict(line.rsplit(None, 1) for line in lines[1:7])
    assert {name.strip(): value for name, value in table.items()} == {
        "asked": "2",
        "answered": "1",
        "newly answered": "0",
        "newly handed over": "1",
        "changed": "1",
        "money": "$0.0000",
    }
    assert f"changed: {NORWAY}" in lines and f"newly handed over: {REPAIR}" in lines
    assert "within [-five-] [+six+] days." in text
    assert "now: Handed over: nothing in the knowledge answers this" in text


def test_as_json_it_is_what_the_api_shows(asked: Chat) -> None:
    code, text = run("--json")
    facts = json.loads(text)
    assert (code, facts["state"], facts["summary"]["same"], facts["changes"]) == (0, "done", 2, [])
    assert facts["seconds"] > 0 and facts["id"] == Replay.objects.get().pk


def test_a_terminal_gets_a_bar(asked: Chat) -> None:
    terminal = Terminal()
    assert run(terminal=terminal)[0] == 0
    assert "2 of 2 questions" in terminal.getvalue()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--draft"], "Nothing is drafted"),
        (["--days", "0"], "--days"),
        (["--most", "1001"], "--most"),
        (["--user", "nobody"], "no user"),
    ],
)
def test_what_keeps_it_from_running_is_said_and_exits_with_one(
    owner: User, words: list[str], said: str
) -> None:
    code, text = run(*words)
    assert code == 1 and said in text
    code, text = run(*words, "--json")
    assert code == 1 and said in json.loads(text)["error"]


def test_an_end_before_the_end_exits_with_one(
    asked: Chat, model: ModelServer, settings: object
) -> None:
    from AI_model.breaker import forget_breakers

    forget_breakers()
    settings.EMBEDDED_ANSWERS = False  # type: ignore[attr-defined]
    model.behave("bad_key")
    code, text = run()
    assert code == 1 and "No AI provider could answer" in text
