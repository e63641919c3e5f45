"""The pages of the chat tutorial, as a browser with a session asks for them."""

import re
from collections.abc import Iterator

import pytest
import requests
from django.conf import settings
from django.test import Client

from accounts.models import User
from ai_chat.models import AIChat
from AI_model.testing.model_server import ModelServer
from core.testing.serving import serving
from messaging.tests.browser.conftest import static_files

__all__ = ["static_files"]
pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def chat_host(static_files: dict[str, str], vendor: ModelServer) -> Iterator[str]:
    """Pages need their static files, which programs do not."""
    environment = {"DATA_DIR": static_files["DATA_DIR"], **vendor.settings("openai")}
    with serving(environment) as url:
        yield url


def browser_of(user: User) -> requests.Session:
    client = Client()
    client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
    session = requests.Session()
    session.cookies.set(
        settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value
    )
    return session


def test_home_new_conversation_send_and_delete(
    chat_host: str, owner: User, other_owner: User
) -> None:
    browser = browser_of(owner)
    assert browser.get(f"{chat_host}/chat/", timeout=WAIT).status_code == 200
    opened = browser.get(f"{chat_host}/chat/new/", timeout=WAIT)
    chat_id = opened.url.rstrip("/").rpartition("/")[2]
    assert AIChat.objects.get(pk=chat_id).user == owner
    token = TOKEN.search(opened.text)
    assert token is not None

    one = f"{chat_host}/chat/{chat_id}/"
    headers = {"X-CSRFToken": token[1], "Referer": one, "Content-Type": "application/json"}
    sent = browser.post(f"{one}send/", json={"message": "Hello"}, headers=headers, timeout=WAIT)
    assert sent.json() == {"status": "success", "message": "Answer to: Hello"}
    empty = browser.post(f"{one}send/", json={"message": " "}, headers=headers, timeout=WAIT)
    assert (empty.status_code, empty.json()["status"]) == (400, "error")
    wrong = browser.get(f"{one}send/", timeout=WAIT)
    assert (wrong.status_code, wrong.json()["status"]) == (405, "error")
    page = browser.get(one, timeout=WAIT).text
    assert "Answer to: Hello" in page

    stranger = browser_of(other_owner)
    assert stranger.get(one, timeout=WAIT).status_code == 404
    nobody = requests.get(one, timeout=WAIT, allow_redirects=False)
    assert nobody.status_code == 302 and "/accounts/login/" in nobody.headers["Location"]

    form = {"csrfmiddlewaretoken": token[1]}
    gone = browser.post(f"{one}delete/", form, headers={"Referer": one}, timeout=WAIT)
    assert gone.status_code == 200
    assert browser.get(one, timeout=WAIT).status_code == 404
