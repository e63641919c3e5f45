"""What an owner reads in the inbox about budgets. The words don't change with every call."""

from collections.abc import Iterator

from accounts.models import User
from AI_model.budgets import AtLimit, Budgets, Limit, Period, Standing, State
from AI_model.selectors import config_of
from AI_model.services.budgets import standing_scopes
from messaging.services.notices import Notice

WHERE = "/admin/AI_model/aimodelconfig/"
WHOSE = {Period.DAY: "Today's", Period.MONTH: "This month's"}
UNTIL = {Period.DAY: "tomorrow", Period.MONTH: "next month"}
MEANWHILE = {
    AtLimit.FREE_MODEL: "Until {until} only models that cost nothing answer.",
    AtLimit.PERSON: "Until {until} conversations go to people.",
}


def budget_notices(user: User) -> Iterator[Notice]:
    """One for each scope of now that is nearly or wholly spent; owners only."""
    if user.business is None or not user.is_owner:
        return
    config = config_of.first(business_id=user.business.pk)
    if config is None or not config.budgets:
        return
    budgets = Budgets.read(config.budgets)
    for limit, spent in standing_scopes(user.business, budgets).values():
        standing = limit.nearest(spent)
        if standing.state is not State.OK:
            severe = standing.state is State.REACHED
            yield Notice(_words(limit, standing, budgets.at_limit), WHERE, severe)


def _words(limit: Limit, standing: Standing, at_limit: AtLimit) -> str:
    amount = standing.shown(standing.limit)
    shown = f"${amount:,.2f}" if standing.name.endswith("_money") else f"{amount:,} tokens"
    budget = f"{WHOSE[limit.period]} AI budget of {shown}"
    if standing.state is State.WARNED:
        return f"{budget} is spent by more than four fifths."
    return f"{budget} is used up. {MEANWHILE[at_limit].format(until=UNTIL[limit.period])}"
