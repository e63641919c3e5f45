"""`/api/v1/knowledge/…` and `/api/v1/prompts/…`"""

from core.tests.contract.step import PAGE, Step

ENTRY = "id question answer phrasings tags language is_active created_at updated_at"
TEXTS = "manual_prompt knowledge_source product_service question_answer"
PROMPTS = f"{TEXTS} version draft updated_at"
NEW = {"question": "Open on Sunday?", "answer": "No.", "tags": ["hours"], "language": "en"}

STEPS = [
    Step(
        "GET /api/v1/knowledge/", PAGE, query="search=ours&is_active=true", inner={"results": ENTRY}
    ),
    Step("POST /api/v1/knowledge/", ENTRY, NEW, status=201),
    Step("GET /api/v1/knowledge/{entry_id}/", ENTRY),
    Step("PUT /api/v1/knowledge/{entry_id}/", ENTRY, NEW),
    Step("PATCH /api/v1/knowledge/{entry_id}/", ENTRY, {"answer": "Never."}),
    Step("DELETE /api/v1/knowledge/{entry_id}/", status=204),
    Step("GET /api/v1/prompts/", PROMPTS),
    Step("PUT /api/v1/prompts/", PROMPTS, {"manual_prompt": "Be brief."}, inner={"draft": TEXTS}),
    Step("GET /api/v1/prompts/versions/", PAGE, inner={"results": f"{TEXTS} version created_at"}),
    Step("GET /api/v1/prompts/versions/{version}/", f"{TEXTS} version created_at"),
    Step("POST /api/v1/prompts/publish/", PROMPTS, {"manual_prompt": "Be brief."}),
    Step("POST /api/v1/prompts/rollback/", PROMPTS, {"version": "{version}"}),
]
