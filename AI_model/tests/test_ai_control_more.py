"""`ai_control`: every missing thing with its remedy, prices, budgets, progress, exit codes."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Business, User
from AI_model.models import AIModelConfig, ModelPrice
from AI_model.services.checks import check_models
from AI_model.services.prices import forget_prices
from AI_model.testing.model_server import ModelServer
from AI_model.tests.test_ai_control import converse, run, run_json
from messaging.models import Channel
from settings_app.models import AIPrompts, BusinessHours, Holiday, KnowledgeEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready_business(owner: User, business: Business, webchat_channel: Channel) -> Business:
    KnowledgeEntry.objects.create(business=business, question="Open?", answer="Yes.")
    AIPrompts.objects.create(business=business, manual_prompt="Be brief.")
    return business


def configure(business: Business, **fields: Any) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults=fields)


def open_on(business: Business, weekday: int, opens: str, closes: str) -> None:
    BusinessHours.objects.create(business=business, weekday=weekday, opens=opens, closes=closes)


def dead_model(business: Business, settings: Settings) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "gemini-1.5-flash"


def dead_choice(business: Business, settings: Settings) -> None:
    configure(business, model_name="gpt-3.5-turbo")


def too_long(business: Business, settings: Settings) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "key", "gpt-4-turbo"
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    configure(business, max_tokens=9_000)


def hours_without_hours(business: Business, settings: Settings) -> None:
    configure(business, business_hours_only=True)


def closing_before_opening(business: Business, settings: Settings) -> None:
    open_on(business, 0, "17:00", "09:00")


def open_twice(business: Business, settings: Settings) -> None:
    open_on(business, 0, "09:00", "00:00")
    open_on(business, 0, "14:00", "18:00")


def never_open(business: Business, settings: Settings) -> None:
    today = datetime.now(UTC).date()
    open_on(business, today.weekday(), "09:00", "17:00")
    days = [date.fromordinal(today.toordinal() + 7 * week) for week in range(60)]
    Holiday.objects.bulk_create(Holiday(business=business, date=day) for day in days)


def no_zone(business: Business, settings: Settings) -> None:
    Business.objects.filter(pk=business.pk).update(timezone="Mars/Olympus")


def unpriced_within_a_budget(business: Business, settings: Settings) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "gemini-house"
    configure(business, budgets={"daily_money": 5})


def no_text_for_a_language(business: Business, settings: Settings) -> None:
    configure(business, languages=["en", "sv"])


BROKEN = [
    (dead_model, "model GEMINI_MODEL", "use gemini-3.5-flash-lite", "GEMINI_MODEL=gemini-3.5"),
    (dead_choice, "model", "the first configured model", "use gpt-6-luna. Choose from: embedded"),
    (too_long, "max tokens", "at most 4096 tokens", "max_tokens"),
    (hours_without_hours, "business hours", "no hours are set", "business_hours"),
    (closing_before_opening, "business hours", "Monday closes at 09:00", "business_hours"),
    (open_twice, "business hours", "Monday opens at 14:00 while", "business_hours"),
    (never_open, "business hours", "Holidays leave no day", "business_hours"),
    (no_zone, "timezone", "Mars/Olympus", "Europe/Berlin"),
    (unpriced_within_a_budget, "price gemini-house", "within daily_money", "under Prices"),
    (no_text_for_a_language, "hand-over text sv", "read English", "handover_text for sv"),
]


@pytest.mark.parametrize(("spoil", "name", "said", "mend"), BROKEN)
def test_validate_fails_for_what_can_not_work_and_says_the_remedy(
    ready_business: Business, settings: Settings, spoil: Any, name: str, said: str, mend: str
) -> None:
    assert run("ai_control", "validate")[0] == 0
    spoil(ready_business, settings)
    code, facts = run_json("ai_control", "validate", "--user", "owner")
    failed = {check["name"]: check for check in facts["businesses"][0]["checks"] if not check["ok"]}
    assert code == 1 and failed.keys() == {name}
    assert said in failed[name]["detail"] and mend in failed[name]["mend"]
    assert f"FAILED {name}: " in run("ai_control", "validate")[1]


def no_prompt(business: Business, settings: Settings) -> None:
    AIPrompts.objects.all().delete()


def unpriced(business: Business, settings: Settings) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "gemini-house"


def one_text_for_all(business: Business, settings: Settings) -> None:
    configure(business, languages=["en", "de"], handover_text="Anna helps.")


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (no_prompt, "prompts"),
        (unpriced, "price gemini-house"),
        (one_text_for_all, "hand-over text de"),
    ],
)
def test_what_works_but_not_well_is_a_warning_that_fails_nothing(
    ready_business: Business, settings: Settings, spoil: Any, name: str
) -> None:
    spoil(ready_business, settings)
    code, facts = run_json("ai_control", "validate")
    warned = {check["name"]: check for check in facts["businesses"][0]["checks"] if check["mend"]}
    assert code == 0 and warned.keys() == {name} and warned[name]["warning"]
    text = run("ai_control", "validate")[1]
    assert f"  warn   {name}: " in text and f"to mend it: {warned[name]['mend']}" in text


def test_texts_that_are_there_are_said_to_be(ready_business: Business) -> None:
    texts = {"sv": {"handover_text": "Anna hjälper."}}
    configure(ready_business, languages=["de", "sv"], texts=texts)
    facts = run_json("ai_control", "validate")[1]["businesses"][0]
    found = {check["name"]: check["detail"] for check in facts["checks"]}
    assert found["hand-over text de"] == "The product's own."
    assert found["hand-over text sv"] == "The business's own."


def test_a_model_whose_end_is_announced_is_a_warning_with_the_day(settings: Settings) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "gemini-3.1-flash-lite"
    [check] = check_models(today=date(2026, 11, 21))
    assert check.ok and check.warning and "2027-05-07" in check.detail
    assert check.mend.startswith("Set GEMINI_MODEL=gemini-3.5-flash-lite")
    [check] = check_models(today=date(2027, 5, 7))
    assert not check.ok


@pytest.mark.once
@pytest.mark.parametrize(("part", "lines"), [("worker", 1), ("web", 0)])
def test_a_start_with_a_model_that_was_shut_down_says_so_once_and_goes_on(
    settings: Settings, part: str, lines: int
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "core.settings",
            "DESKBELL_PART": part,
            "GEMINI_API_KEY": "CANARY",
            "GEMINI_MODEL": "gemini-1.5-flash",
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    said = run.stdout + run.stderr
    assert said.count("gemini-1.5-flash was shut down; use gemini-3.5-flash-lite.") == lines
    assert "CANARY" not in said


def test_setup_check_fails_for_a_model_that_was_shut_down(
    ready_business: Business, settings: Settings
) -> None:
    with ModelServer() as server:
        for name, value in server.settings("gemini").items():
            setattr(settings, name, value)
        settings.GEMINI_MODEL = "gemini-1.5-flash"
        code, facts = run_json("test_ai_setup", "--user", "owner")
    failed = [check["name"] for check in facts["platform"] if not check["ok"]]
    assert code == 1 and "model GEMINI_MODEL" in failed
    assert [row["user"] for row in facts["businesses"]] == ["owner"]
    assert run("test_ai_setup", "--user", "nobody") == (1, "There is no user “nobody”.\n")


def test_test_shows_what_the_calls_cost(ready_business: Business, settings: Settings) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    price = {"provider": "openai", "valid_from": since, "input": "2", "output": "10"}
    ModelPrice.objects.create(model="house", **price)
    forget_prices()
    with ModelServer(text="Ready.") as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "key", f"{server.url}/v1"
        settings.OPENAI_MODEL = "house"
        code, facts = run_json("ai_control", "test", "--user", "owner")
        hosted = facts["providers"][0]
        dollars = (2 * hosted["tokens_in"] + 10 * hosted["tokens_out"]) / 1_000_000
        assert code == 0 and hosted["money"] == pytest.approx(dollars)
        settings.OPENAI_MODEL = "another"
        code, text = run("ai_control", "test")
    assert code == 0 and "no price known" in text and " ms, " in text


def test_status_shows_budgets_with_what_is_spent(ready_business: Business) -> None:
    configure(ready_business, budgets={"daily_tokens": 1_000, "monthly_money": 5})
    facts = run_json("ai_control", "status", "--user", "owner")[1]["businesses"][0]
    assert {state["name"] for state in facts["budgets"]} == {"daily_tokens", "monthly_money"}
    text = run("ai_control", "status")[1]
    assert "  budget daily_tokens: 0 of 1000 (0%)\n" in text
    assert "  budget monthly_money: $0.0 of $5.0 (0%)\n" in text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_sync_shows_how_far_it_is_on_a_terminal_only(
    owner: User, other_owner: User, webchat_channel: Channel
) -> None:
    for number in range(3):
        converse(webchat_channel, number, "active")
    out, terminal, file = io.StringIO(), Terminal(), io.StringIO()
    call_command("ai_control", "sync", "--json", stdout=out, stderr=terminal)
    assert json.loads(out.getvalue())["created"] == 3
    assert terminal.getvalue() == f"\r[{'#' * 30}] 3 of 3 conversations\n"
    call_command("ai_control", "sync", "--user", "owner", stdout=out, stderr=file)
    assert file.getvalue() == ""


@pytest.mark.once
@pytest.mark.parametrize("words", [["explode"], [], ["status", "--loud"], ["status", "--user"]])
def test_wrong_use_exits_2(settings: Settings, words: list[str]) -> None:
    command = [sys.executable, "manage.py", "ai_control", *words]
    run = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert run.returncode == 2 and "usage:" in run.stderr


def test_an_unknown_verb_is_refused_before_anything_is_done(owner: User) -> None:
    with pytest.raises(CommandError):
        call_command("ai_control", "explode")
    assert not AIModelConfig.objects.exists()


SEED = [
    "enable --user {user}",
    "validate --user {user}",
    "conversations --user {user}",
    "enable",
    "disable",
    "status",
    "test",
    "enable",
    "validate",
    "sync",
    "conversations",
]


def test_the_commands_of_the_documentation_run_as_they_stand(ready_business: Business) -> None:
    open_on(ready_business, 0, time(9).isoformat(), time(17).isoformat())
    for line in SEED:
        code, text = run("ai_control", *line.format(user="owner").split())
        assert code == 0 and text, line
