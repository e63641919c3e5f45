"""`/api/ai/…` of the staff's own chats."""

from core.tests.contract.step import PAGE, Step

CHAT = (
    "id user title titled folder persona model_name system_prompt temperature related_chat "
    "include_related redact_related keep_summary is_active active_leaf revision created_at "
    "updated_at"
)
MESSAGE = (
    "id ai_chat parent role content html state failure model tokens money_usd response_time_ms "
    "first_word_ms context siblings index created_at timestamp total_tokens"
)
SENT = {
    "conversation": "id title persona_id user_id is_active created_at updated_at",
    "user_message": "id conversation_id role content created_at",
    "assistant_message": (
        "id conversation_id role content tokens_used model_used response_time_ms created_at"
    ),
}
NEW = {
    "title": "My AI assistant",
    "system_prompt": "You are a helpful coding assistant.",
    "related_chat": "{conversation_id}",
}
FOLDER = "id name created_at"
SETTINGS = "default_model system_prompt temperature auto_title last_chat updated_at"
ONE = "/api/ai/chats/{ai_chat_id}/"
SAID = "/api/ai/messages/{ai_message_id}/"
WORDS = {
    "content": "Summarize our previous discussion",
    "include_related_chat_context": "true",
    "context_message_limit": "20",
}
LATER = {"wait": "false"}

STEPS = [
    Step(
        "GET /api/ai/chats/",
        PAGE,
        query="search=ours&folder=none&page=1&page_size=5",
    ),
    Step("GET /api/ai/chats/", PAGE, query="search=ours", inner={"results": CHAT}),
    Step("POST /api/ai/chats/", CHAT, NEW, status=201),
    Step("POST /api/ai/chats/", CHAT, {}, status=201),
    Step(f"GET {ONE}", CHAT),
    Step(f"PATCH {ONE}", CHAT, {"title": "Other", "temperature": "0.5"}),
    Step(f"PUT {ONE}", CHAT, {"title": "Other", "folder": "{folder_id}", "related_chat": ""}),
    Step(f"DELETE {ONE}", status=204),
    Step(f"POST {ONE}restore/", CHAT),
    Step(f"GET {ONE}messages/", f"{PAGE} revision", query="limit=1", inner={"results": MESSAGE}),
    Step(f"GET {ONE}messages/", f"{PAGE} revision"),
    Step(f"POST {ONE}send_message/", "", WORDS, inner=SENT),
    Step(f"POST {ONE}send_message/", "", WORDS | LATER, status=202, inner=SENT),
    Step(
        f"GET {ONE}related_chat_context/",
        "related_chat count messages",
        query="limit=20",
        inner={"messages": "id type text created_at"},
    ),
    Step(
        f"GET {ONE}tree/",
        "active_leaf active_path nodes",
        inner={"nodes": "id parent role state position preview"},
    ),
    Step(f"POST {ONE}stop/", "stopped"),
    Step(f"GET {ONE}export/", content_type="text/markdown"),
    Step(
        f"GET {ONE}export/",
        "format version chat active_path messages",
        query="as=json",
        inner={"chat": CHAT, "messages": "id parent role content state model created_at"},
    ),
    Step(f"POST {ONE}regenerate_title/", CHAT),
    # The built-in model can't sum up, and says so.
    Step(f"POST {ONE}summarize/", "detail code", status=400),
    Step(f"GET {SAID}", MESSAGE, inner={"tokens": "prompt completion total"}),
    Step(f"PATCH {SAID}", "", {"content": "In my own words."}, inner=SENT),
    Step(f"DELETE {SAID}", "deleted moved active_leaf", query="below=delete"),
    Step(f"POST {SAID}activate/", CHAT),
    Step(f"POST {SAID}regenerate/", "", LATER, status=202, inner=SENT),
    Step(f"POST {SAID}regenerate/", "", {}, inner=SENT),
    Step("GET /api/ai/folders/", PAGE, inner={"results": FOLDER}),
    Step("POST /api/ai/folders/", FOLDER, {"name": "Drafts"}, status=201),
    Step("GET /api/ai/folders/{folder_id}/", FOLDER),
    Step("PATCH /api/ai/folders/{folder_id}/", FOLDER, {"name": "Done"}),
    Step("DELETE /api/ai/folders/{folder_id}/", status=204),
    Step("GET /api/ai/settings/", SETTINGS),
    Step("PATCH /api/ai/settings/", SETTINGS, {"auto_title": "false"}),
    Step("PUT /api/ai/settings/", SETTINGS, {"system_prompt": "Be brief.", "temperature": "1"}),
]
