"""`/auth/…` and `/api/v1/keys/…`"""

from core.tests.contract.step import PAGE, Step

TOKENS = "access_token refresh_token token_type expires_in"
ME = "id username email role business"
NOT_LOGGED_IN = "nobody"
LOGIN = {"username": "owner@example.com", "password": "{password}"}

STEPS = [
    Step(
        "POST /auth/register",
        f"{ME} {TOKENS}",
        {"username": "newcomer", "password": "{password}", "business_name": "Corner Shop"},
        status=201,
        who=NOT_LOGGED_IN,
    ),
    Step("POST /auth/login", TOKENS, LOGIN, who=NOT_LOGGED_IN),
    Step("POST /auth/refresh", TOKENS, {"refresh_token": "{refresh_token}"}, who=NOT_LOGGED_IN),
    Step("POST /auth/logout", "", {"refresh_token": "{refresh_token}"}, 204, NOT_LOGGED_IN),
    Step("GET /auth/me", ME, inner={"business": "id name timezone"}),
    Step("GET /auth/me", "detail code", status=401, who=NOT_LOGGED_IN),
    Step("POST /auth/ws-ticket", "ticket expires_in"),
    Step("GET /api/v1/keys/", PAGE),
    Step(
        "POST /api/v1/keys/",
        "id name start scopes key",
        {"name": "Shop", "scopes": ["conversations:read"]},
        status=201,
    ),
    Step("DELETE /api/v1/keys/{key_id}/", status=204),
]
