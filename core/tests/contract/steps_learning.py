"""`/api/v1/knowledge/proposals/…` and `…/upkeep/`"""

from core.tests.contract.step import PAGE, Step

PROPOSAL = (
    "id state question phrasings answer language entry_id asked decided_at created_at updated_at"
)
PARTS = {"parts": "conversation_id message_id question answer"}
ONE = "/api/v1/knowledge/proposals/{proposal_id}/"
OWN_WORDS = {
    "question": "Do you rent out tandems?",
    "answer": "Yes.",
    "phrasings": ["Can I rent a tandem?"],
    "language": "en",
    "tags": ["rent"],
    "as_draft": True,
}
UPKEEP = "checked_at asked_at version counts findings"
KINDS = dict.fromkeys(("counts", "findings"), "contradiction duplicate stale unused one_phrasing")

STEPS = [
    Step(
        "GET /api/v1/knowledge/proposals/",
        PAGE,
        query="state=open",
        inner={"results": PROPOSAL},
    ),
    Step("POST /api/v1/knowledge/proposals/look/", "asked_at looked_to", status=202),
    Step(f"GET {ONE}", f"{PROPOSAL} parts", inner=PARTS),
    Step(f"POST {ONE}approve/", f"{PROPOSAL} parts", {}, inner=PARTS),
    Step(f"POST {ONE}approve/", f"{PROPOSAL} parts", OWN_WORDS, inner=PARTS),
    Step(f"POST {ONE}reject/", f"{PROPOSAL} parts", inner=PARTS),
    Step("GET /api/v1/knowledge/upkeep/", UPKEEP, inner=KINDS),
    Step("POST /api/v1/knowledge/upkeep/", UPKEEP, status=202, inner=KINDS),
]
