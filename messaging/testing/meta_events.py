"""What Meta delivers, composed: one of every event, the envelope around them, and its signature."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import orjson

ACCOUNT = "17840099000000011"
CUSTOMER = "9901770001"
OBJECTS = {"instagram": "instagram", "messenger": "page"}
AT = 1794105600000
CDN = "https://cdn.example.net/dm/"
FIRST_MID = "m_ZGVza2JlbGwtMDAwMQ"

Event = dict[str, Any]


def event(
    at: int = AT,
    *,
    customer: str = CUSTOMER,
    account: str = ACCOUNT,
    ours: bool = False,
    **body: Any,
) -> Event:
    """One event between a customer and our account; `ours` swaps who sends and who gets it."""
    sides = (account, customer) if ours else (customer, account)
    return {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "timestamp": at, **body}


def message(mid: str, text: str = "", at: int = AT, **more: Any) -> Event:
    """A customer's message; with `ours=True` an echo. `attachments` are (type, payload) pairs."""
    places = {name: more.pop(name) for name in ("customer", "account", "ours") if name in more}
    body: Event = {"mid": mid, **({"text": text} if text else {}), **more}
    if "attachments" in body:
        body["attachments"] = [{"type": t, "payload": p} for t, p in body["attachments"]]
    if places.get("ours"):
        body["is_echo"] = True
    return event(at, message=body, **places)


def envelope(
    events: Sequence[Any],
    kind: str = "instagram",
    *,
    account: str = ACCOUNT,
    part: str = "messaging",
) -> dict[str, Any]:
    """A POST of one entry; `part` may be standby or changes."""
    entry = {"id": account, "time": AT + 400, part: list(events)}
    return {"object": OBJECTS[kind], "entry": [entry]}


def escaped(payload: Any) -> bytes:
    """The body as Meta writes it: everything outside ASCII escaped, and the slash too."""
    characters = (c if ord(c) < 128 else f"\\u{ord(c):04x}" for c in _utf16(payload))
    return "".join(characters).replace("/", "\\/").encode()


def _utf16(payload: Any) -> str:
    """The JSON with characters beyond 16 bits as their two halves."""
    units = orjson.dumps(payload).decode().encode("utf-16-be")
    return "".join(chr(int.from_bytes(units[i : i + 2])) for i in range(0, len(units), 2))


def signature(body: bytes, secret: str) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def one_file(type_: str, **payload: Any) -> list[tuple[str, Any]]:
    return [(type_, {"url": f"{CDN}{type_}?sig=x", **payload})]


# The events of both platforms, by name; each has its own mid where it has one.
BOTH: dict[str, Event] = {
    "text": message(FIRST_MID, "Is the blue kettle back in stock?"),
    "text_scripts": message("m_02", "Kahve için çaydanlık var mı? 🫖 Привет"),
    "image": message("m_03", attachments=one_file("image")),
    "image_with_words": message("m_04", "This one", attachments=one_file("image")),
    "two_images": message("m_05", attachments=one_file("image") + one_file("image", n=2)),
    "sticker": message("m_06", attachments=one_file("image", sticker_id=369239263222822)),
    "video": message("m_07", attachments=one_file("video")),
    "audio": message("m_08", attachments=one_file("audio")),
    "file": message("m_09", attachments=one_file("file")),
    "share": message("m_10", attachments=one_file("share", title="Copper kettle")),
    "reel": message("m_11", attachments=one_file("reel", reel_video_id=77)),
    "future_attachment": message("m_12", attachments=one_file("hologram")),
    "attachment_without_address": message("m_13", attachments=[("image", {})]),
    "inline_reply": message("m_14", "and this?", reply_to={"mid": FIRST_MID}),
    "quick_reply": message("m_15", "Track my parcel", quick_reply={"payload": "TRACK"}),
    "ad_referral": message(
        "m_16",
        "Do you ship to Malta?",
        referral={"ref": "autumn", "ad_id": "555", "source": "ADS", "type": "OPEN_THREAD"},
    ),
    "empty": message("m_17"),
    "deleted": message(FIRST_MID, is_deleted=True, at=AT + 1),
    "echo": message("m_19", "Ines here, I'll look for you.", ours=True),
    "echo_with_file": message("m_20", ours=True, attachments=one_file("image")),
    "echo_unsent": message("m_19", ours=True, is_deleted=True, at=AT + 2),
    "self": event(
        ours=True, customer=ACCOUNT, message={"mid": "m_21", "text": "x", "is_self": True}
    ),
    "postback": event(postback={"mid": "m_22", "title": "Opening hours", "payload": "HOURS"}),
    "get_started": event(
        postback={"mid": "m_23", "title": "Get started", "payload": "GET_STARTED"}
    ),
    "react": event(
        reaction={"mid": FIRST_MID, "action": "react", "reaction": "love", "emoji": "❤"}
    ),
    "react_by_name": event(
        AT + 1, reaction={"mid": FIRST_MID, "action": "react", "reaction": "wow"}
    ),
    "unreact": event(AT + 2, reaction={"mid": FIRST_MID, "action": "unreact"}),
    "our_reaction": event(
        ours=True, reaction={"mid": FIRST_MID, "action": "react", "reaction": "like", "emoji": "👍"}
    ),
    "edit": event(
        message_edit={"mid": FIRST_MID, "text": "Is the red kettle back?", "num_edit": 1}
    ),
    "edit_number_as_text": event(
        message_edit={"mid": FIRST_MID, "text": "Is the green kettle back?", "num_edit": "2"}
    ),
    "edit_without_words": {"timestamp": AT, "message_edit": {"mid": "m_24", "num_edit": 0}},
    "our_edit": event(ours=True, message_edit={"mid": "m_19", "text": "Hm.", "num_edit": 1}),
    "referral": event(referral={"ref": "window_poster", "source": "LINK", "type": "OPEN_THREAD"}),
    "pass_thread": event(pass_thread_control={"new_owner_app_id": "12", "metadata": "back"}),
    "take_thread": event(take_thread_control={"previous_owner_app_id": "12"}),
    "request_thread": event(request_thread_control={"requested_owner_app_id": "12"}),
    "future_event": event(hologram_call={"x": 1}),
    "nothing": event(),
}
INSTAGRAM: dict[str, Event] = BOTH | {
    "ig_post": message("m_40", attachments=one_file("ig_post", ig_post_media_id="18001")),
    "ig_reel": message("m_41", attachments=one_file("ig_reel")),
    "story": message("m_42", attachments=one_file("story")),
    "ig_story": message("m_43", attachments=one_file("ig_story")),
    "story_mention": message("m_44", attachments=one_file("story_mention")),
    "ephemeral": message("m_45", attachments=[("ephemeral", {})]),
    "unsupported": message("m_46", is_unsupported=True),
    "story_reply": message(
        "m_47", "How big is it?", reply_to={"story": {"url": CDN + "story", "id": "18077"}}
    ),
    "seen": event(read={"mid": FIRST_MID}),
}
MESSENGER: dict[str, Event] = BOTH | {
    "echo_by_app": message("m_60", "From the Page's inbox", ours=True, app_id=263902037430900),
    "location": message(
        "m_61", attachments=[("location", {"coordinates": {"lat": 35.9, "long": 14.5}})]
    ),
    "link": message("m_62", attachments=[("fallback", {"url": "https://example.net/kettle"})]),
    "old_postback": event(postback={"title": "Prices", "payload": "PRICES"}),
    "read": event(read={"watermark": AT}),
    "delivery": event(delivery={"mids": ["m_60"], "watermark": AT}),
    "optin": event(optin={"type": "notification_messages", "payload": "sale"}),
    "account_linking": event(account_linking={"status": "unlinked"}),
    "policy": event(policy_enforcement={"action": "warning", "reason": "A policy was broken."}),
}
EVENTS = {"instagram": INSTAGRAM, "messenger": MESSENGER}
# Whole bodies that are not one entry with `messaging`.
BODIES: dict[str, Any] = {
    "standby": envelope([message("m_80", "To the other app")], part="standby"),
    "list_around_it": [envelope([message("m_81", "In a list")])],
    "dashboard_test": {
        "object": "instagram",
        "entry": [
            {
                "id": "0",
                "time": AT // 1000,
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "sender": {"id": "111"},
                            "recipient": {"id": "222"},
                            "timestamp": "1527459824",
                            "message": {"mid": "constant_mid", "text": "constant words"},
                        },
                    }
                ],
            }
        ],
    },
    "comment": envelope(
        [{"field": "comments", "value": {"from": {"id": "7"}, "id": "8", "text": "lovely"}}],
        part="changes",
    ),
    "flat_comment": {
        "object": "instagram",
        "entry": [{"id": ACCOUNT, "time": AT, "field": "comments", "value": {"text": "lovely"}}],
    },
    "entry_without_events": {"object": "instagram", "entry": [{"id": ACCOUNT, "time": AT}]},
}
