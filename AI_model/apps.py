from importlib import import_module

from django.apps import AppConfig
from django.conf import settings

from core.lib.sweeping import Sweep, register_sweep


class AIModelAppConfig(AppConfig):
    name = "AI_model"
    verbose_name = "AI model"

    def ready(self) -> None:
        import_module("AI_model.receivers")
        import_module("AI_model.receivers_budgets")
        import_module("AI_model.receivers_defaults")
        import_module("AI_model.receivers_hooks")
        import_module("AI_model.receivers_indexes")
        import_module("AI_model.receivers_learning")
        import_module("AI_model.receivers_media")
        import_module("AI_model.receivers_prices")
        import_module("AI_model.receivers_replays")
        import_module("AI_model.maintenance")
        from AI_model.maintenance import check_upkeep, look_for_proposals
        from AI_model.obstacles import ai_obstacles
        from AI_model.services.budget_notices import budget_notices
        from AI_model.services.index_rows import indexes_due
        from AI_model.services.learning_marks import looks_due
        from AI_model.services.personal import register_parts
        from AI_model.services.proposals import register_parts as register_proposals
        from AI_model.services.replay_figures import why_not_publish
        from AI_model.services.replay_rows import replays_due
        from AI_model.services.upkeep import checks_due
        from AI_model.tasks import answer_conversation, build_index, run_replay
        from messaging.services.notices import register_notices
        from messaging.services.obstacles import register_obstacles
        from messaging.services.reply import conversations_due
        from settings_app.services.checks import register_publishing_check

        register_obstacles(ai_obstacles)
        register_notices(budget_notices)
        register_parts()
        register_proposals()
        register_sweep(Sweep("answers", conversations_due, answer_conversation))
        register_sweep(Sweep("indexes", indexes_due, build_index))
        register_sweep(Sweep("looks", looks_due, look_for_proposals))
        register_sweep(Sweep("upkeep", checks_due, check_upkeep))
        register_sweep(Sweep("replays", replays_due, run_replay))
        register_publishing_check(why_not_publish)
        if settings.PART == "worker":
            from AI_model.services.checks import warn_of_models

            warn_of_models()
