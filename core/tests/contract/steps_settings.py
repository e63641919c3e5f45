"""`/api/v1/knowledge/…` and `/api/v1/prompts/…`"""

from core.tests.contract.step import PAGE, Step

ENTRY = (
    "id question answer phrasings tags language is_active valid_from valid_to created_at updated_at"
)
TEXTS = "manual_prompt knowledge_source product_service question_answer"
PROMPTS = f"{TEXTS} version draft updated_at"
NEW = {
    "question": "Open on Sunday?",
    "answer": "No.",
    "tags": ["hours"],
    "language": "en",
    "valid_from": "2026-01-01",
}
KNOWN = "number created_at who via summary prompts_version counts"
COUNTS = {"counts": "added changed deleted"}

IMPORT = "id file_name as_draft state done total counts rejected problem created_at finished_at"

SOURCE = (
    "id kind title url file_name language follow_links max_pages refresh_hours publish_at_once "
    "is_active state problem reading_done reading pending pages characters checked_at due_at "
    "created_at updated_at"
)
SOURCES = "/api/v1/knowledge/sources/"

STEPS = [
    Step(f"GET {SOURCES}", PAGE, query="kind=web&pending=true", inner={"results": SOURCE}),
    Step(f"POST {SOURCES}", SOURCE, {"title": "Terms", "text": "We ship by post."}, status=201),
    Step(
        f"POST {SOURCES}",
        SOURCE,
        {"title": "Guide"},
        status=201,
        query="draft=true",
        upload={"file": b"# Kites\n\nKites fly."},
    ),
    Step(f"GET {SOURCES}{{source_id}}/", SOURCE),
    Step(f"PATCH {SOURCES}{{source_id}}/", SOURCE, {"max_pages": 20, "refresh_hours": 24}),
    Step(f"GET {SOURCES}{{source_id}}/documents/", PAGE, inner={"results": "position place title"}),
    Step(f"GET {SOURCES}{{source_id}}/documents/{{position}}/", "position title characters text"),
    Step(
        f"GET {SOURCES}{{source_id}}/pending/",
        "reading found_at added removed changed unchanged pages",
        inner={"pages": "place title what segments"},
    ),
    Step(f"POST {SOURCES}{{source_id}}/pending/", SOURCE, query="reading=2"),
    Step(f"DELETE {SOURCES}{{source_id}}/pending/", status=204),
    Step(f"POST {SOURCES}{{source_id}}/read/", SOURCE, {}, status=202),
    Step(f"DELETE {SOURCES}{{source_id}}/", status=204),
    Step("GET /api/v1/knowledge/imports/", PAGE, query="state=done", inner={"results": IMPORT}),
    Step(
        "POST /api/v1/knowledge/imports/",
        IMPORT,
        {"as_draft": "true"},
        status=202,
        upload={"file": b"question,answer\nOpen?,No.\n"},
    ),
    Step("GET /api/v1/knowledge/imports/{job_id}/", IMPORT),
    Step(
        "GET /api/v1/knowledge/", PAGE, query="search=ours&is_active=true", inner={"results": ENTRY}
    ),
    Step("POST /api/v1/knowledge/", ENTRY, NEW, status=201),
    Step("GET /api/v1/knowledge/{entry_id}/", ENTRY),
    Step("PUT /api/v1/knowledge/{entry_id}/", ENTRY, NEW),
    Step("PATCH /api/v1/knowledge/{entry_id}/", ENTRY, {"answer": "Never."}),
    Step("DELETE /api/v1/knowledge/{entry_id}/", status=204),
    Step(
        "GET /api/v1/knowledge/", PAGE, query="draft=true&search=drafted", inner={"results": ENTRY}
    ),
    Step("POST /api/v1/knowledge/", ENTRY, NEW, status=201, query="draft=true"),
    Step("GET /api/v1/knowledge/{entry_id}/", ENTRY, query="draft=true"),
    Step("PUT /api/v1/knowledge/{entry_id}/", ENTRY, NEW, query="draft=true"),
    Step("PATCH /api/v1/knowledge/{entry_id}/", ENTRY, {"answer": "Never."}, query="draft=true"),
    Step("DELETE /api/v1/knowledge/{entry_id}/", status=204, query="draft=true"),
    Step("GET /api/v1/knowledge/draft/", "digest changes", inner={"changes": PAGE}),
    Step("DELETE /api/v1/knowledge/draft/", status=204),
    Step("POST /api/v1/knowledge/publish/", KNOWN, inner=COUNTS),
    Step("GET /api/v1/knowledge/versions/", PAGE, inner={"results": KNOWN}),
    Step("GET /api/v1/knowledge/versions/{number}/", f"{KNOWN} changes", inner={"changes": PAGE}),
    Step("POST /api/v1/knowledge/rollback/", KNOWN, {"version": 1}, inner=COUNTS),
    Step("GET /api/v1/prompts/", PROMPTS),
    Step("PUT /api/v1/prompts/", PROMPTS, {"manual_prompt": "Be brief."}, inner={"draft": TEXTS}),
    Step("GET /api/v1/prompts/versions/", PAGE, inner={"results": f"{TEXTS} version created_at"}),
    Step("GET /api/v1/prompts/versions/{version}/", f"{TEXTS} version created_at"),
    Step("POST /api/v1/prompts/publish/", PROMPTS, {"manual_prompt": "Be brief."}),
    Step("POST /api/v1/prompts/rollback/", PROMPTS, {"version": "{version}"}),
]
