"""The addresses that are promised to integrators, word by word, and those still to come."""

AI = (
    *("ask/", "sessions/", "sessions/{session_id}/", "sessions/{session_id}/send/", "config/"),
    *("analytics/", "usage/stats/", "usage/global/", "conversations/{conversation_id}/status/"),
    *("conversations/bulk-status/", "default-handler/"),
)
CONVERSATION = (
    *("", "messages/", "takeover/", "return-to-ai/", "close/", "assign/", "read/", "suggest/"),
)
V1 = (
    *("channels/", "conversations/", "messages/", "messages/{message_id}/why/", "knowledge/"),
    *("messages/{message_id}/retry/", "customers/{customer_id}/", "prompts/", "prompts/versions/"),
    *("prompts/publish/", "prompts/rollback/", "replays/"),
)
AI_CHAT = (
    *("", "messages/", "send_message/", "related_chat_context/", "tree/"),
    *("regenerate_title/", "summarize/", "export/"),
)
STAFF_CHAT = (
    *("chats/", "folders/", "settings/", "messages/{ai_message_id}/"),
    *("messages/{ai_message_id}/activate/", "endpoints/", "endpoints/{ai_endpoint_id}/test/"),
    *("models/",),
)
NAMED = {
    *(f"/auth/{name}" for name in ("register", "login", "refresh", "logout", "me", "ws-ticket")),
    *(f"/api/v1/ai/{name}" for name in AI),
    *(f"/api/v1/conversations/{{conversation_id}}/{name}" for name in CONVERSATION),
    *(f"/api/v1/{name}" for name in V1),
    *(f"/api/ai/{name}" for name in STAFF_CHAT),
    *(f"/api/ai/chats/{{ai_chat_id}}/{name}" for name in AI_CHAT),
}
SECOND_FACE = (
    *("conversations", "conversations/{ai_chat_id}", "conversations/{ai_chat_id}/send"),
    *("conversations/{ai_chat_id}/messages", "messages/{ai_message_id}", "stats", "health"),
)
NAMED |= {f"/chat/{name}" for name in SECOND_FACE} | {"/personas", "/api/ai/personas/"}
# Promised, and not built yet; whoever builds one moves it up.
LATER: dict[str, str] = {}
