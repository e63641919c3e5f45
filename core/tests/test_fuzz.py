"""A small part of `make fuzz`: a few requests to every operation, always the same ones."""

from typing import Any

import pytest

from core.testing.fuzz.fuzzer import Fuzzer, report
from core.testing.fuzz.people import fresh_people
from core.wsgi import application

EXAMPLES = 10
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.django_db(transaction=True)
def test_no_request_makes_the_server_fail_or_break_its_own_schema(
    settings: Any,
) -> None:
    settings.TELEGRAM_API_BASE = settings.INSTAGRAM_GRAPH_BASE = NOWHERE
    fuzzer = Fuzzer(app=application, people=fresh_people)
    for operation in fuzzer.operations():
        fuzzer.ask(operation, examples=EXAMPLES, seed=7)
    tally = fuzzer.tally
    assert not tally.findings, report(tally)
    assert tally.cases > 5 * len(fuzzer.operations())
    assert {200, 201, 400, 401, 403, 404} <= set(tally.statuses)
