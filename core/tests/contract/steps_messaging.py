"""`/api/v1/` of channels, conversations, messages and customers."""

from core.tests.contract.step import PAGE, Step

MESSAGE = (
    "id conversation_id type text attachments created_at delivery failure citations options verdict"
)
CONVERSATION = (
    "id status channel customer assigned_to unread needs_a_look handover_reason last_message "
    "created_at updated_at"
)
PARTS = {"channel": "id kind", "customer": "id external_id name"}
CHANNEL = "id kind name is_active health settings"
HEALTH = "channel_id kind health findings"
WEBHOOK = "id url events is_active"
DELIVERY = "id endpoint_id event state attempts log"
HOOK = "/api/v1/webhooks/{endpoint_id}/"
ONE = "/api/v1/conversations/{conversation_id}/"

STEPS = [
    Step("GET /api/v1/channels/", PAGE, inner={"results": CHANNEL}),
    Step("POST /api/v1/channels/", CHANNEL, {"kind": "webchat", "name": "Shop"}, status=201),
    Step("GET /api/v1/channels/{channel_id}/", CHANNEL),
    Step("PATCH /api/v1/channels/{channel_id}/", CHANNEL, {"name": "Other shop"}),
    Step("GET /api/v1/channels/{channel_id}/health/", HEALTH),
    Step("POST /api/v1/channels/{channel_id}/health/", HEALTH),
    Step(
        "GET /api/v1/conversations/",
        PAGE,
        query="status=active&channel=webchat&unread=true&search=ours",
        inner={"results": CONVERSATION},
    ),
    Step("GET /api/v1/conversations/", PAGE, query="assignee=nobody&page=1&page_size=1"),
    Step(f"GET {ONE}", CONVERSATION, inner=PARTS),
    Step(f"GET {ONE}changes/", PAGE),
    Step(f"GET {ONE}messages/", PAGE, inner={"results": MESSAGE}),
    Step(f"POST {ONE}messages/", MESSAGE, {"text": "A person here."}, status=201),
    Step(f"POST {ONE}takeover/", f"{CONVERSATION} in_flight", inner=PARTS),
    Step(f"POST {ONE}return-to-ai/", CONVERSATION),
    Step(f"POST {ONE}close/", CONVERSATION),
    Step(f"POST {ONE}assign/", CONVERSATION, {"assignee": "me"}),
    Step(f"POST {ONE}read/", CONVERSATION),
    Step(f"POST {ONE}suggest/", "text citations"),
    Step(
        "GET /api/v1/messages/", PAGE, query="type=AI&delivery=failed", inner={"results": MESSAGE}
    ),
    Step("GET /api/v1/messages/{message_id}/", MESSAGE, inner={"failure": "code detail"}),
    Step("POST /api/v1/messages/{message_id}/retry/", MESSAGE),
    Step(
        "GET /api/v1/messages/{message_id}/why/",
        "entries prompts_version model tokens money timings retries",
    ),
    Step("POST /api/v1/messages/{message_id}/verdict/", MESSAGE, {"right": False}),
    Step("GET /api/v1/webhooks/", PAGE, inner={"results": WEBHOOK}),
    Step(
        "POST /api/v1/webhooks/",
        f"{WEBHOOK} secret",
        {"url": "https://1.1.1.1/hook", "events": ["message.created"]},
        status=201,
    ),
    Step(f"GET {HOOK}", WEBHOOK),
    Step(f"PUT {HOOK}", WEBHOOK, {"description": "The shop"}),
    Step(f"DELETE {HOOK}", status=204),
    Step(f"POST {HOOK}rotate/", f"{WEBHOOK} secret"),
    Step(f"POST {HOOK}test/", DELIVERY, status=202),
    Step(f"GET {HOOK}deliveries/", PAGE, query="state=failed", inner={"results": DELIVERY}),
    Step("POST /api/v1/webhooks/deliveries/{delivery_id}/resend/", DELIVERY, status=202),
    Step("GET /api/v1/customers/{customer_id}/", "id external_id name"),
    Step("GET /api/v1/media/{media_id}/", content_type="application/octet-stream"),
]
