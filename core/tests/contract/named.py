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
NAMED = {
    *(f"/auth/{name}" for name in ("register", "login", "refresh", "logout", "me", "ws-ticket")),
    *(f"/api/v1/ai/{name}" for name in AI),
    *(f"/api/v1/conversations/{{conversation_id}}/{name}" for name in CONVERSATION),
    *(f"/api/v1/{name}" for name in V1),
}
# Promised, and not built yet; whoever builds one moves it up.
LATER = {
    **dict.fromkeys(
        (
            "/api/ai/chats/",
            "/api/ai/endpoints/",
            "/api/ai/models/",
            "/api/ai/folders/",
            "/api/ai/settings/",
            "/api/ai/personas/",
            "/api/ai/messages/{message_id}/",
            "/chat/conversations",
            "/chat/messages/{message_id}",
            "/chat/stats",
            "/chat/health",
            "/personas",
        ),
        "the chat of the staff with an AI is a part of its own",
    ),
}
