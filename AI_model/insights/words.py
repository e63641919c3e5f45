"""What the figures are called on the pages; the API's names on the left."""

ANSWERED_BY = {
    "ai": "AI alone",
    "mixed": "AI and people",
    "people": "People alone",
    "nobody": "Nobody yet",
}
ENDINGS = {
    "resolved": "Resolved by AI",
    "pending": "Closed by AI, still within 7 days",
    "reopened": "Reopened within 7 days",
    "people": "Closed, people took part",
    "unanswered": "Closed without an answer",
    "open": "Still open",
}
REASONS = {
    "asked_for_person": "Asked for a person",
    "ai_off": "The AI was switched off",
    "out_of_hours": "Outside business hours",
    "turn_cap": "Many turns without a person",
    "crashed": "Answering failed several times",
    "no_support": "Nothing in the knowledge answers it",
    "provider_down": "No AI provider could answer",
    "unsafe_answer": "The answer was held back",
    "over_budget": "The AI budget was used up",
    "too_many": "Too many questions in an hour",
}
OTHERS = {
    "conversations": "All conversations",
    "handed_over": "Handed over to people",
    "reopened": "Reopened within 7 days",
    "first_answer:slow": "The slowest first answers",
    "ai:slow": "The slowest answers of the AI",
    "money": "What cost something",
    "unpriced": "Calls without a known price",
}
BUDGETS = {
    "daily_money": "of today",
    "monthly_money": "of this month",
    "daily_tokens": "of today, in tokens",
    "monthly_tokens": "of this month, in tokens",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def title_of(metric: str) -> str:
    """The heading of the list behind a figure."""
    if metric in OTHERS:
        return OTHERS[metric]
    kind, _, name = metric.partition(":")
    match kind:
        case "answered_by":
            return f"Answered by: {ANSWERED_BY.get(name, name)}"
        case "resolution":
            return ENDINGS.get(name, name)
        case "handed_over":
            return f"Handed over: {reason_words(name)}"
        case "hour":
            return _hour_words(name)
        case "entry":
            return "Answered from this entry"
        case _:
            return metric


def reason_words(reason: str) -> str:
    return REASONS.get(reason, reason.replace("_", " ").capitalize())


def _hour_words(name: str) -> str:
    weekday, _, hour = name.partition("-")
    if weekday.isdecimal() and hour.isdecimal() and int(weekday) < 7:
        return f"{WEEKDAYS[int(weekday)]}, {int(hour):02}:00 to {(int(hour) + 1) % 24:02}:00"
    return name
