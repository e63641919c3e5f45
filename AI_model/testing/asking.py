"""Questions to `ask/`, as a program puts them."""

from typing import Any

from rest_framework.test import APIClient

ASK = "/api/v1/ai/ask/"
CUSTOMER = "customer@example.com"


def question(text: str = "do you ship to norway", customer: str = CUSTOMER) -> dict[str, str]:
    return {"question": text, "customer_id": customer}


def ask(api: APIClient, text: str = "do you ship to norway", **options: Any) -> dict[str, Any]:
    answer = api.post(ASK, question(text), format="json", **options)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body
