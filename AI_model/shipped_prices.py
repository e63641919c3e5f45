"""What the vendors charged in November 2026 (their price pages). An operator adds newer ones."""

from datetime import UTC, datetime

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
# provider, model, input, output (USD per million tokens), long from, factor in, factor out
PRICES = [
    ("gemini", "gemini-3.5-flash-lite", "0.30", "2.50", None, 1, 1),
    ("gemini", "gemini-3.1-flash-lite", "0.25", "1.50", None, 1, 1),
    ("gemini", "gemini-2.5-flash-lite", "0.10", "0.40", None, 1, 1),
    ("gemini", "gemini-3.8-flash", "0.75", "3.75", None, 1, 1),
    ("openai", "gpt-6-luna", "0.10", "0.50", 272_000, 2, "1.5"),
    ("openai", "gpt-5.6-luna", "0.20", "1.20", None, 1, 1),
    ("openai", "gpt-5.4-mini", "0.75", "4.50", None, 1, 1),
    ("anthropic", "claude-haiku-5-5", "0.10", "0.50", 100_000, 5, 5),
    ("anthropic", "claude-haiku-4-5", "1.00", "5.00", None, 1, 1),
    ("embedded", "embedded", "0", "0", None, 1, 1),
]
