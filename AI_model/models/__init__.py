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
from AI_model.models.endpoints import Endpoint, LanguageModel
from AI_model.models.knowledge import IndexPart, KnowledgeIndex
from AI_model.models.learning import (
    AnswerVerdict,
    KnowledgeUpkeep,
    LearningMark,
    ProposalPart,
    ProposedEntry,
)
from AI_model.models.replay import Replay, ReplayTurn
from AI_model.models.run import AIRun
from AI_model.models.usage import ModelPrice, UsageDay, UsageMark, UsageRecord

__all__ = [
    "AIModelConfig",
    "AIRun",
    "AnalyticsMark",
    "AnswerVerdict",
    "ChatSession",
    "DailyAnalytics",
    "Endpoint",
    "Episode",
    "EpisodeEntry",
    "EpisodeHour",
    "IndexPart",
    "KnowledgeIndex",
    "KnowledgeUpkeep",
    "LanguageModel",
    "LearningMark",
    "ModelPrice",
    "ProposalPart",
    "ProposedEntry",
    "Replay",
    "ReplayTurn",
    "SessionMark",
    "Spending",
    "SpendingHold",
    "UsageDay",
    "UsageMark",
    "UsageRecord",
]
