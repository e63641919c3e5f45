"""`/api/ai/endpoints/…` and `/api/ai/models/…`"""

from core.tests.contract.step import PAGE, Step

ENDPOINTS = "/api/ai/endpoints/"
MODELS = "/api/ai/models/"
OWN = "id endpoint name model_id temperature max_tokens context_tokens enabled created_at"
ENDPOINT = "id name kind base_url api_key enabled last_test models created_at updated_at"
CHOICE = "id name label kind model_id endpoint context_tokens streams builtin"
TESTED = "at ok code detail milliseconds model"
NEW = {
    "name": "Our own",
    "kind": "openai",
    "base_url": "https://93.184.216.34/v1",
    "api_key": "sk-ours",
}

STEPS = [
    Step(f"GET {ENDPOINTS}", PAGE, inner={"results": ENDPOINT}),
    Step(f"POST {ENDPOINTS}", ENDPOINT, NEW, status=201),
    Step(f"GET {ENDPOINTS}{{ai_endpoint_id}}/", ENDPOINT, inner={"models": OWN}),
    Step(f"PATCH {ENDPOINTS}{{ai_endpoint_id}}/", ENDPOINT, {"name": "Other", "api_key": "k"}),
    Step(f"POST {ENDPOINTS}{{ai_endpoint_id}}/test/", TESTED, {"model_id": "llama-4"}),
    Step(f"GET {ENDPOINTS}{{ai_endpoint_id}}/models/", "detail code", status=400),
    Step(f"DELETE {ENDPOINTS}{{ai_endpoint_id}}/", status=204),
    Step(f"GET {MODELS}", PAGE, inner={"results": CHOICE}),
    Step(
        f"POST {MODELS}",
        OWN,
        {"endpoint": "{ai_endpoint_id}", "name": "Fast", "model_id": "llama-4"},
        status=201,
    ),
    Step(f"GET {MODELS}{{language_model_id}}/", OWN),
    Step(f"PATCH {MODELS}{{language_model_id}}/", OWN, {"temperature": 0.5, "enabled": "false"}),
    Step(f"DELETE {MODELS}{{language_model_id}}/", status=204),
]
