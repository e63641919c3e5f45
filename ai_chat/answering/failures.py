"""Why there is no answer, in the words of the person who asked."""

from AI_model.providers.base import ProviderError

SENTENCES = {
    "key_rejected": "The AI provider did not accept the API key. Check the key of this endpoint.",
    "not_allowed": "This API key may not use this model. Choose another model, or another key.",
    "model_not_found": "The AI provider does not know this model. Choose another one.",
    "quota_exhausted": "The account at the AI provider has no money or quota left.",
    "bad_request": "The AI provider did not accept this request. Try another model.",
    "too_long": "This is too long for the model. Shorten it, or choose a model that reads more.",
    "rate_limited": "The AI provider takes no more requests right now. Wait a minute, ask again.",
    "overloaded": "The AI provider is overloaded right now. Ask again in a minute.",
    "server_error": "The AI provider had a fault of its own. Ask again in a minute.",
    "timeout": "The AI provider took too long. Ask again, or choose another model.",
    "unreachable": "The AI provider could not be reached. Check the endpoint's address.",
    "garbled": "What answered is no AI provider of this endpoint's kind. Check its address.",
    "too_large": "The answer was larger than an answer may be.",
    "empty": "The model gave no words. Ask again, or put it differently.",
    "cut": "The answer did not fit into the length that the model may write.",
    "blocked": "The AI provider blocked this by its own rules. Put it differently.",
    "breaker_open": "The AI provider failed too often lately. Ask again in a minute.",
    "no_provider": "No AI model is set up. An owner can connect an endpoint in the settings.",
    "not_installed": "The library for this AI provider is not installed on this server.",
    "over_budget": "The AI budget of your business is used up. An owner can raise it.",
    "unpriced": "No price is known of this model, so it can't answer within a money budget.",
}
OTHERWISE = "Something went wrong while this was answered. Ask again."


def failure_of(error: ProviderError | None) -> dict[str, str]:
    """{code, detail} for the row."""
    code = error.code if error is not None else "failed"
    return {"code": code, "detail": SENTENCES.get(code, OTHERWISE)}
