"""What the loopback Bot API does for each method: the results and refusals of the real one."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson

from messaging.testing.telegram_wire import Answer, Json, json_answer, mishap, refusal

if TYPE_CHECKING:
    from messaging.testing.telegram_server import Call, TelegramServer

FILE_LIMIT = 20 << 20
FOLDER = "documents"


def send_message(server: "TelegramServer", call: "Call") -> Answer:
    text = str(call.fields.get("text", ""))
    if not text.strip():
        return _refused("empty")
    if len(text.encode("utf-16-le")) // 2 > 4096:
        return _refused("too_long")
    if refused := _no_such_place(server, call):
        return refused
    call.accepted, call.message_id = True, server.next_message_id()
    return _result(_message(call, text))


def send_chat_action(server: "TelegramServer", call: "Call") -> Answer:
    return _no_such_place(server, call) or yes(server, call)


def answer_callback_query(server: "TelegramServer", call: "Call") -> Answer:
    return yes(server, call) if call.fields.get("callback_query_id") else _refused("old_query")


def get_file(server: "TelegramServer", call: "Call") -> Answer:
    file_id = str(call.fields.get("file_id", ""))
    if file_id not in server.files:
        return _refused("bad_file")
    size = len(server.files[file_id])
    if size > FILE_LIMIT:
        return _refused("file_too_big")
    call.accepted = True
    path = server.paths.get(file_id, f"{FOLDER}/{file_id}")
    place = {"file_size": size, "file_path": path}
    return _result({"file_id": file_id, "file_unique_id": file_id[:8], **place})


def download(server: "TelegramServer", call: "Call", place: str) -> Answer:
    """The file at the address that getFile gave."""
    file_id = unquote(place).removeprefix(f"{FOLDER}/")
    if not call.bot.isdigit() or file_id not in server.files:
        return json_answer(refusal(404, "Not Found"), 404)
    call.accepted = True
    call.fields = {"file_id": file_id}
    return Answer(200, server.files[file_id], "application/octet-stream")


def yes(server: "TelegramServer", call: "Call") -> Answer:
    call.accepted = True
    return _result(True)


def get_me(server: "TelegramServer", call: "Call") -> Answer:
    return _result(_bot(call) | {"first_name": "Bell bot", "username": f"bot_{call.bot}"})


def set_webhook(server: "TelegramServer", call: "Call") -> Answer:
    server.webhooks[call.bot] = call.fields
    return yes(server, call)


def delete_webhook(server: "TelegramServer", call: "Call") -> Answer:
    server.webhooks.pop(call.bot, None)
    return yes(server, call)


def get_webhook_info(server: "TelegramServer", call: "Call") -> Answer:
    webhook = server.webhooks.get(call.bot, {})
    info: Json = {"has_custom_certificate": False, "pending_update_count": 0}
    info |= {"url": webhook.get("url", "")}
    if "allowed_updates" in webhook:
        info |= {"allowed_updates": orjson.loads(webhook["allowed_updates"])}
    return _result(info | server.webhook_errors.get(call.bot, {}))


METHODS: dict[str, Callable[["TelegramServer", "Call"], Answer]] = {
    "sendMessage": send_message,
    "sendChatAction": send_chat_action,
    "answerCallbackQuery": answer_callback_query,
    "getFile": get_file,
    "getMe": get_me,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}


def _no_such_place(server: "TelegramServer", call: "Call") -> Answer | None:
    """The refusal of a business connection or a chat that there is not, or not any more."""
    connection = call.fields.get("business_connection_id")
    if connection is not None and connection not in server.connections_of_owners:
        return _refused("unknown_connection")
    moved_to = server.migrated.get(str(call.fields.get("chat_id")))
    if moved_to is None:
        return None
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    return json_answer(refusal(400, words, migrate_to_chat_id=moved_to), 400)


def _message(call: "Call", text: str) -> Json:
    message = {
        "message_id": call.message_id,
        "from": _bot(call),
        "chat": {"id": int(call.fields["chat_id"]), "type": "private"},
        "date": int(time.time()),
        "text": text,
    }
    if connection := call.fields.get("business_connection_id"):
        message |= {"business_connection_id": connection, "sender_business_bot": _bot(call)}
    return message


def _bot(call: "Call") -> Json:
    return {"id": int(call.bot), "is_bot": True, "first_name": "Bot"}


def _result(result: Any) -> Answer:
    return json_answer({"ok": True, "result": result})


def _refused(mode: str) -> Answer:
    answer = mishap(mode)
    assert answer is not None
    return answer
