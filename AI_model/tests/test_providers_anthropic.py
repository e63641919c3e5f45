"""What Anthropic is sent."""

from AI_model.providers.anthropic import AnthropicProvider
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request


def test_the_prompt_is_top_level_and_temperature_is_never_sent() -> None:
    with ModelServer() as server:
        server.behave("unsupported_parameter")
        provider = AnthropicProvider(model="claude-haiku-5-5", api_key="key", base_url=server.url)
        assert provider.complete(a_request()).finish == "stop"
        body = server.calls[0].body
    assert len(server.calls) == 1
    assert body == {
        "model": "claude-haiku-5-5",
        "system": "You answer for a shop.",
        "messages": [{"role": "user", "content": "When do you open?"}],
        "max_tokens": 200 + 2048,
        "output_config": {"effort": "low"},
    }
