"""How the loopback Graph API answers: the shapes of the real one, by name of the mishap."""

from typing import Any

import orjson

from messaging.testing.loopback import Answer, Json, json_answer

HTML = b"<html><body><h1>%d</h1></body></html>"
TRACE = "AExampleTrace"


def refusal(
    code: int,
    message: str,
    subcode: int | None = None,
    *,
    status: int = 400,
    kind: str = "OAuthException",
    headers: tuple[str, ...] = (),
    **more: Any,
) -> Answer:
    error: Json = {"message": message, "type": kind, "code": code, **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    return json_answer({"error": error | {"fbtrace_id": TRACE}}, status, headers)


def busy(minutes: int) -> tuple[str, ...]:
    """The header that says how long an account has to wait."""
    use = {"type": "instagram", "call_count": 100, "total_cputime": 5, "total_time": 5}
    usage = {"17841405000000001": [use | {"estimated_time_to_regain_access": minutes}]}
    return (f"X-Business-Use-Case-Usage: {orjson.dumps(usage).decode()}",)


WINDOW = "(#10) This message is sent outside of allowed window."
SESSION = "Error validating access token: "
# Name of a mode -> what Meta answers. The modes below it are not plain answers.
REFUSALS: dict[str, Answer] = {
    "window_closed": refusal(10, WINDOW, 2534022),
    "page_window_closed": refusal(10, WINDOW, 2018278),
    "window_closed_anew": refusal(10, WINDOW, 9999999),
    "restricted": refusal(10, "(#10) The account is restricted from messaging.", 1893063),
    "restricted_too": refusal(100, "(#100) The account can't send messages.", 2534029),
    "no_permission": refusal(10, "(#10) Application does not have permission for this action"),
    "access_off": refusal(200, "(#200) The owner has disabled access to messages.", 2534041),
    "no_scope": refusal(200, "(#200) Requires instagram_business_manage_messages permission"),
    "no_such_user": refusal(100, "No matching Instagram user", 2534014),
    "no_matching_user": refusal(100, "(#100) No matching user found", 2018001),
    "bad_parameter": refusal(100, "(#100) Param message[text] must be at most 1000 bytes long."),
    "expired": refusal(190, SESSION + "Session has expired", 463),
    "revoked": refusal(190, SESSION + "The session has been invalidated.", 460),
    "logged_out": refusal(190, SESSION + "The session is invalid.", 467),
    "unknown_token": refusal(190, "Invalid OAuth access token - Cannot parse access token"),
    "no_token": refusal(2500, "An active access token must be used to query information."),
    "unavailable": refusal(551, "This person isn't available right now."),
    "not_receiving": refusal(10, "(#10) This person isn't receiving messages.", 2018108),
    "policy_block": refusal(368, "The action attempted has been deemed abusive."),
    "rate_613": refusal(613, "Calls to this api have exceeded the rate limit.", 2534040),
    "rate_buc": refusal(
        *(80002, "There have been too many calls to this Instagram account."), headers=busy(3)
    ),
    "rate_page": refusal(32, "(#32) Page request limit reached"),
    "rate_app": refusal(4, "(#4) Application request limit reached", is_transient=True),
    "rate_user": refusal(17, "(#17) User request limit reached"),
    "trouble_1": refusal(1, "An unknown error has occurred.", 1357046, status=500),
    "trouble_2": refusal(
        *(2, "An unexpected error has occurred. Please retry your request later."), status=500
    ),
    "passing": refusal(99, "Something passing.", is_transient=True),
    "own_500": refusal(77777, "Something that nobody has heard of", status=500),
    "odd_error": refusal(77777, "Something that nobody has heard of"),
}
GATEWAYS = {
    **{"gateway_403": 403, "gateway_429": 429, "gateway_502": 502, "gateway_503": 503},
    "gateway_504": 504,
}
# Meta takes the message, and its answer gets lost or says otherwise.
LOST_ANSWERS = {"reset_after_read", "close_after_read", "silence", "half_an_answer"}
TAKEN_ALL_THE_SAME = {"trouble_but_taken": "trouble_2", "gateway_but_taken": "gateway_502"}
ODD_ANSWERS = {"not_json": b"OK", "json_list": b"[]", "odd_json": b'{"done": 1}'}
MODES = {
    *("ok", "no_message_id", *REFUSALS, *GATEWAYS, *LOST_ANSWERS, *TAKEN_ALL_THE_SAME),
    *ODD_ANSWERS,
}


def mishap(mode: str) -> Answer | None:
    """The answer of a mode that is a plain answer, None for the others."""
    mode = TAKEN_ALL_THE_SAME.get(mode, mode)
    if mode in REFUSALS:
        return REFUSALS[mode]
    if mode in GATEWAYS:
        return Answer(GATEWAYS[mode], HTML % GATEWAYS[mode], "text/html")
    if mode in ODD_ANSWERS:
        return Answer(200, ODD_ANSWERS[mode])
    return None
