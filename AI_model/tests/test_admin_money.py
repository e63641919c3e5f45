"""Prices and usage in the admin."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Business, User
from AI_model.models import ModelPrice, UsageDay, UsageRecord
from AI_model.services.prices import price_for

pytestmark = pytest.mark.django_db
PRICES = "/admin/AI_model/modelprice/"
FORM = {
    "provider": "openai",
    "model": "gpt-6-luna",
    "input": "0.08",
    "output": "0.40",
    "cached": "",
    "long_from": "",
    "long_input_factor": "1",
    "long_output_factor": "1",
    "valid_from_0": "2026-11-01",
    "valid_from_1": "00:00:00",
    "note": "From the vendor's page",
}


@pytest.fixture
def staff_pages(client: Client, staff: User) -> Client:
    client.force_login(staff, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def test_a_new_price_is_a_new_row_and_counts_from_its_moment(staff_pages: Client) -> None:
    answer = staff_pages.post(f"{PRICES}add/", FORM)
    assert answer.status_code == 302, answer.context["errors"]
    rows = ModelPrice.objects.filter(model="gpt-6-luna").order_by("valid_from")
    assert [str(row.input) for row in rows] == ["0.100", "0.080"]
    now = price_for(provider="openai", model="gpt-6-luna")
    before = price_for(
        provider="openai", model="gpt-6-luna", at=timezone.now() - timedelta(days=60)
    )
    assert [now, before] == [rows[1], rows[0]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": "-0.1"},
        {"long_output_factor": "-1"},
        {"provider": "nobody"},
        {"output": ""},
        {"valid_from_0": "2026-01-01"},
    ],
)
def test_a_wrong_price_is_refused(staff_pages: Client, wrong: dict[str, str]) -> None:
    before = ModelPrice.objects.count()
    assert staff_pages.post(f"{PRICES}add/", FORM | wrong).status_code == 200
    assert ModelPrice.objects.count() == before


def test_a_price_that_calls_were_made_at_can_only_be_read(staff_pages: Client) -> None:
    price = ModelPrice.objects.get(model="gpt-6-luna")
    page = f"{PRICES}{price.pk}/"
    assert staff_pages.get(f"{page}change/").status_code == 200
    assert staff_pages.post(f"{page}change/", FORM).status_code == 403
    assert staff_pages.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    price.refresh_from_db()
    assert str(price.input) == "0.100"


def test_an_owner_sees_what_calls_cost_and_sets_no_price(
    client: Client, owner: User, business: Business
) -> None:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    common = {"business": business, "purpose": "answer", "provider": "openai", "model": "luna"}
    call = UsageRecord.objects.create(**common, outcome="ok", money_nanos=420_000)
    day = UsageDay.objects.create(
        **common, date=timezone.now().date(), calls=3, money_nanos=1_234_567_890_000
    )
    assert b"$0.000420" in client.get("/admin/AI_model/usagerecord/").content
    assert b"not known" in client.get(f"/admin/AI_model/usagerecord/{call.pk}/change/").content
    assert b"$1,234.567890" in client.get(f"/admin/AI_model/usageday/{day.pk}/change/").content
    assert client.get(PRICES).status_code == 403
    assert client.post(f"{PRICES}add/", FORM).status_code == 403
