"""`/chat/…` and `/personas`: the staff's chats by their second address; drafts and personas."""

from core.tests.contract.step import PAGE, Step
from core.tests.contract.steps_chat import LATER, SENT

CONVERSATION = "id title persona_id user_id is_active created_at updated_at"
MESSAGE = "id conversation_id role content state created_at"
ANSWER = f"{MESSAGE} tokens_used model_used response_time_ms"
PERSONA = "id user_id name relation description manner created_at updated_at"
ONE = "/chat/conversations/{ai_chat_id}"
NEW = {"title": "First chat", "persona_id": "{persona_id}"}
SAID = {"content": "Hi! How are you doing today?"}
RENAMED = {"name": "Other", "description": "Somebody else"}


def persona_steps(address: str, end: str) -> list[Step]:
    return [
        Step(f"GET {address}{end}", PAGE, query="page_size=5", inner={"results": PERSONA}),
        Step(
            f"POST {address}{end}",
            PERSONA,
            {"name": "Jo", "relation": "friend", "manner": "Brief."},
            status=201,
        ),
        Step(f"POST {address}{end}", "detail code", {"name": "ours"}, status=409),
        Step(f"GET {address}/{{persona_id}}{end}", PERSONA),
        Step(f"PUT {address}/{{persona_id}}{end}", PERSONA, RENAMED),
        Step(f"PATCH {address}/{{persona_id}}{end}", PERSONA, {"relation": "customer"}),
        Step(f"DELETE {address}/{{persona_id}}{end}", status=204),
    ]


STEPS = [
    Step("GET /chat/conversations", PAGE, inner={"results": CONVERSATION}),
    Step("GET /chat/conversations", PAGE, query="persona_id=1&page=1&page_size=5"),
    Step("POST /chat/conversations", CONVERSATION, NEW, status=201),
    Step("POST /chat/conversations", CONVERSATION, {"persona_id": "1"}, status=201),
    Step("POST /chat/conversations", "detail code fields", {"colour": "red"}, status=422),
    Step(f"GET {ONE}", CONVERSATION),
    Step(f"PUT {ONE}", CONVERSATION, NEW | {"is_active": "false"}),
    Step(f"DELETE {ONE}", status=204),
    Step(f"POST {ONE}/send", "", SAID, inner=SENT),
    Step(f"POST {ONE}/send", "", SAID | LATER, status=202, inner=SENT),
    Step(f"POST {ONE}/send", "detail code fields", {"content": ""}, status=422),
    Step(f"GET {ONE}/messages", PAGE, query="limit=1", inner={"results": ANSWER}),
    Step(f"GET {ONE}/messages", PAGE, inner={"results": MESSAGE}),
    Step("GET /chat/messages/{ai_message_id}", ANSWER),
    Step("DELETE /chat/messages/{ai_message_id}", status=204),
    Step(
        "GET /chat/stats",
        "total_conversations total_messages total_tokens estimated_cost_usd unpriced_calls",
    ),
    Step("GET /chat/health", "status openai_api", who="nobody"),
    Step("POST /api/ai/messages/{ai_message_id}/insert_draft/", "conversation_id url"),
    *persona_steps("/personas", ""),
    *persona_steps("/api/ai/personas", "/"),
]
