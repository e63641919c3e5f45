"""Every address of the API, really asked, answers as its schema and the contract say."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Business, User
from accounts.services import issue_tokens
from AI_model.testing.chats import SHIPPING
from core.testing.fixtures import PASSWORD
from core.testing.fuzz.fuzzer import CHECKS, generated_schema
from core.testing.world import make_world
from core.tests.contract import (
    steps_ai,
    steps_auth,
    steps_chat,
    steps_learning,
    steps_messaging,
    steps_models,
    steps_seed_002,
    steps_settings,
)
from core.tests.contract.named import LATER, NAMED
from core.tests.contract.step import Step
from settings_app.services import save_entry

pytestmark = pytest.mark.django_db
STEPS = [
    *steps_auth.STEPS,
    *steps_ai.STEPS,
    *steps_chat.STEPS,
    *steps_learning.STEPS,
    *steps_messaging.STEPS,
    *steps_models.STEPS,
    *steps_seed_002.STEPS,
    *steps_settings.STEPS,
]
PLACES = re.compile(r"{(\w+)}")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
Known = dict[str, str]


@pytest.fixture(scope="module")
def api() -> Any:
    return schemathesis.openapi.from_dict(generated_schema())


@pytest.fixture
def known(business: Business, owner: User, staff: User) -> Known:
    """What `{name}` stands for in the steps."""
    save_entry(
        business=business,
        question="Do you ship to Norway?",
        phrasings=["Can you deliver to Oslo?"],
        answer=SHIPPING,
    )
    world = make_world(business, owner, "ours")
    mine, theirs = issue_tokens(user=owner), issue_tokens(user=staff)
    return world.ids | {
        "session_id": f"msg_{world.ids['conversation_id']}",
        "refresh_token": mine.refresh,
        "password": PASSWORD,
        "owner": mine.access,
        "staff": theirs.access,
    }


def filled(value: Any, known: Known) -> Any:
    if isinstance(value, str):
        return value.format(**known)
    if isinstance(value, list):
        return [filled(item, known) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, known) for name, item in value.items()}
    return value


def send(step: Step, known: Known, kind: str) -> Any:
    address = filled(step.path, known) + (f"?{step.query}" if step.query else "")
    headers = {"Authorization": f"Bearer {known[step.who]}"} if step.who in known else {}
    body = filled(dict(step.body), known) if step.body is not None else {}
    if step.upload:
        files = {n: SimpleUploadedFile("a.csv", content) for n, content in step.upload.items()}
        return Client().post(address, {**body, **files}, headers=headers)
    raw = urlencode(body, doseq=True) if kind == FORM else json.dumps(body)
    return Client().generic(step.method, address, raw, kind, headers=headers)


def judged(step: Step, answer: Any, api: Any) -> None:
    """Status, content type and shape as the schema has them."""
    content = b"".join(answer) if answer.streaming else answer.content
    response = schemathesis.Response(
        status_code=answer.status_code,
        headers={name: [value] for name, value in answer.headers.items()},
        content=content,
        request=requests.Request(step.method, "http://testserver").prepare(),
        elapsed=0,
        verify=False,
    )
    operation = api.find_operation_by_label(step.operation)
    places = dict.fromkeys(PLACES.findall(step.path), "x")
    operation.Case(path_parameters=places).validate_response(response, checks=CHECKS)


def kinds(step: Step) -> list[str]:
    if step.upload:
        return [MULTIPART]
    return ["application/json"] if step.body is None else ["application/json", FORM]


def name_of(number: int, step: Step, kind: str) -> str:
    return f"{number} {step.operation} {step.query} {'form' if kind == FORM else ''}".strip()


WALK = [
    pytest.param(step, kind, id=name_of(number, step, kind))
    for number, step in enumerate(STEPS)
    for kind in kinds(step)
]


@pytest.mark.parametrize(("step", "kind"), WALK)
def test_each_address_answers_as_the_schema_and_the_contract_say(
    step: Step, kind: str, known: Known, api: Any
) -> None:
    answer = send(step, known, kind)
    assert answer.status_code == step.status, b"" if answer.streaming else answer.content
    judged(step, answer, api)
    if step.status == 204:
        assert answer.content == b""
        return
    assert answer["Content-Type"].partition(";")[0] == step.content_type
    if step.content_type == "application/json":
        check_names(step, answer.json())


def check_names(step: Step, body: dict[str, Any]) -> None:
    assert set(step.fields.split()) <= set(body)
    for place, names in step.inner.items():
        within = body[place][0] if isinstance(body[place], list) else body[place]
        assert set(names.split()) <= set(within), place


def test_every_operation_of_the_schema_is_walked(api: Any) -> None:
    walked = {step.operation for step in STEPS}
    assert {result.ok().label for result in api.get_all_operations()} == walked


def test_every_promised_address_is_in_the_schema(api: Any) -> None:
    assert set(api) >= NAMED
    built = [path for path in api for later in LATER if path.startswith(later)]
    assert built == [], "move these from LATER to the promised ones"


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step.who == "owner"], ids=lambda step: step.operation
)
def test_each_address_refuses_who_is_not_logged_in(step: Step, known: Known, api: Any) -> None:
    answer = send(step, {name: text for name, text in known.items() if name != "owner"}, FORM)
    assert answer.status_code == 401
    assert set(answer.json()) == {"detail", "code"}
    judged(step, answer, api)
