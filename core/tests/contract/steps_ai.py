"""`/api/v1/ai/…`"""

from core.tests.contract.step import PAGE, Step

ANSWER = (
    "session_id customer_id question answer response_time_ms success auto_response_generated "
    "citations handed_over model usage"
)
CONFIG = (
    "model_name temperature max_tokens auto_response_enabled mode grounding caution "
    "business_hours_only timezone business_hours holidays quiet_period_ms max_turns tone "
    "languages handover_text out_of_hours_text budgets answer_length offer_choices "
    "check_with_model replay_before_publishing calibration"
)
CITATION = "entry_id title score"
SESSION = "session_id conversation_id customer_id channel status is_active message_count"
RETENTION = "messages_days media_days ai_records_days"
STATUS = "/api/v1/ai/conversations/{conversation_id}/status/"
REPLAY = (
    "id state against draft_digest days most done total money problem who created_at finished_at"
)
SUMMARY = {
    "summary": "asked answered offered handed_over same newly_answered newly_handed_over changed"
}
TURN = "message_id conversation_id question verdict before after difference money milliseconds"

STEPS = [
    Step("GET /api/v1/replays/", PAGE, query="state=done", inner={"results": REPLAY}),
    Step(
        "POST /api/v1/replays/",
        f"{REPLAY} summary",
        {"days": 3, "draft": True, "most": 20},
        status=202,
        inner=SUMMARY,
    ),
    Step("GET /api/v1/replays/{replay_id}/", f"{REPLAY} summary", inner=SUMMARY),
    Step(
        "GET /api/v1/replays/{replay_id}/turns/",
        PAGE,
        query="verdict=changed",
        inner={"results": TURN},
    ),
    Step("POST /api/v1/replays/{replay_id}/stop/", "detail code", status=409),
    Step(
        "POST /api/v1/ai/ask/",
        ANSWER,
        {"question": "Do you ship to Norway?", "customer_id": "ann@example.com"},
        inner={"citations": CITATION},
    ),
    Step("GET /api/v1/ai/sessions/", PAGE, inner={"results": SESSION}),
    Step("GET /api/v1/ai/sessions/{session_id}/", f"{SESSION} messages"),
    Step(
        "POST /api/v1/ai/sessions/{session_id}/send/",
        f"{ANSWER} delivered",
        {"message": "Do you ship to Norway?"},
        inner={"citations": CITATION},
    ),
    Step("GET /api/v1/ai/config/", CONFIG),
    Step("PUT /api/v1/ai/config/", CONFIG, {"temperature": 0.5, "mode": "draft"}),
    Step("GET /api/v1/ai/config/changes/", PAGE),
    Step("GET /api/v1/ai/retention/", RETENTION),
    Step("PUT /api/v1/ai/retention/", RETENTION, {"media_days": 90}),
    Step("GET /api/v1/ai/analytics/", "totals"),
    Step("GET /api/v1/ai/analytics/", "totals", query="days=7&to=2026-01-31"),
    Step("GET /api/v1/ai/analytics/conversations/", PAGE, query="metric=answered_by:ai&days=7"),
    Step("GET /api/v1/ai/usage/stats/", "days totals by_day by_model"),
    Step("GET /api/v1/ai/usage/stats/", "days totals by_day by_model", query="days=7"),
    Step("GET /api/v1/ai/usage/global/", "totals by_business", who="staff"),
    Step("GET /api/v1/ai/usage/global/", "detail code", status=403),
    Step(f"GET {STATUS}", "conversation_id status"),
    Step(f"PUT {STATUS}", "conversation_id status", {"status": "support_active"}),
    Step(
        "PUT /api/v1/ai/conversations/bulk-status/",
        "updated refused not_found",
        {"conversation_ids": ["{conversation_id}", "nobody"], "status": "closed"},
    ),
    Step("GET /api/v1/ai/default-handler/", "default_reply_handler"),
    Step(
        "PUT /api/v1/ai/default-handler/",
        "default_reply_handler",
        {"default_reply_handler": "Manual"},
    ),
]
