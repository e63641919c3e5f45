from AI_model.models.analytics import (
    AnalyticsMark,
    ChatSession,
    DailyAnalytics,
    Episode,
    EpisodeEntry,
    EpisodeHour,
    SessionMark,
)
from AI_model.models.budget import Spending, SpendingHold
from AI_model.models.config import AIModelConfig
from AI_model.models.run import AIRun
from AI_model.models.usage import ModelPrice, UsageDay, UsageMark, UsageRecord

__all__ = [
    "AIModelConfig",
    "AIRun",
    "AnalyticsMark",
    "ChatSession",
    "DailyAnalytics",
    "Episode",
    "EpisodeEntry",
    "EpisodeHour",
    "ModelPrice",
    "SessionMark",
    "Spending",
    "SpendingHold",
    "UsageDay",
    "UsageMark",
    "UsageRecord",
]
