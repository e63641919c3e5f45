"""The rows behind budgets: what is spent, and what running calls may still spend.

Rows of several scopes are always locked in the order of their names, so that no two transactions
wait for each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import Business
from AI_model.budgets import WARN_PERCENT, Amount, Budgets, Limit, Period, State, bounds_of
from AI_model.models import ModelPrice, Spending, SpendingHold, UsageRecord
from AI_model.signals import budget_reached, budget_warned
from core.lib.clock import database_now
from core.lib.ids import new_id
from core.lib.returning import update_returning

log = structlog.get_logger(__name__)

KEPT = timedelta(days=40)
"""Longer than a month lasts: until then its row may still be added to."""

Limits = Mapping[str, Limit]
"""By scope, in the order of the scopes' names."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What one running call may spend, at which price. Without an id nothing is held."""

    limits: Limits
    price: ModelPrice | None
    most: Amount = field(default_factory=Amount)
    id: str = ""


class _NoRoom(Exception):
    """Takes back what the scopes before this one have held."""


def take_hold(*, business_id: str, hold: Hold, seconds: float) -> Hold | None:
    """Hold it in all scopes or in none, under an id; None when one has no room or no row yet."""
    hold, most = replace(hold, id=new_id()), hold.most
    held = {"held_tokens": F("held_tokens") + most.tokens}
    held["held_money_nanos"] = F("held_money_nanos") + most.nanos
    try:
        with transaction.atomic():
            for scope, limit in hold.limits.items():
                if not _rows(business_id, scope).filter(_has_room(limit)).update(**held):
                    raise _NoRoom
            SpendingHold.objects.create(
                id=hold.id,
                business_id=business_id,
                scopes=list(hold.limits),
                tokens=most.tokens,
                money_nanos=most.nanos,
                until=database_now(plus=seconds),
            )
    except _NoRoom:
        return None
    return hold


def _rows(business_id: str, scope: str) -> QuerySet[Spending]:
    return Spending.objects.filter(business_id=business_id, scope=scope)


def _has_room(limit: Limit) -> Q:
    """Spent and held together are less than the limit: the one more call may go beyond it."""
    room = Q()
    if limit.tokens is not None:
        room &= Q(tokens__lt=limit.tokens - F("held_tokens"))
    if limit.nanos is not None:
        room &= Q(money_nanos__lt=limit.nanos - F("held_money_nanos"))
    return room


def settle_hold(*, business: Business, hold: Hold, spent: Amount) -> None:
    """The real cost in, the hold out, and the word about it, together."""
    with transaction.atomic():
        held = hold.most if hold.id and _drop(hold.id) else Amount()
        for scope, limit in hold.limits.items():
            row = _move(business.pk, scope, spent=spent, released=held)
            if row is not None and (spent.tokens or spent.nanos):
                tell_state(business=business, row=row, limit=limit)


def _drop(hold_id: str) -> bool:
    """False when somebody else released it, because its time was over."""
    return SpendingHold.objects.filter(pk=hold_id).delete()[0] > 0


def _move(business_id: str, scope: str, *, spent: Amount, released: Amount) -> Spending | None:
    return update_returning(
        _rows(business_id, scope),
        tokens=F("tokens") + spent.tokens,
        money_nanos=F("money_nanos") + spent.nanos,
        held_tokens=F("held_tokens") - released.tokens,
        held_money_nanos=F("held_money_nanos") - released.nanos,
        updated_at=timezone.now(),
    )


def spent_of(row: Spending) -> Amount:
    return Amount(row.tokens, row.money_nanos)


def tell_state(*, business: Business, row: Spending, limit: Limit) -> None:
    """Say once for each scope that it is nearly or wholly spent; call it in a transaction."""
    state, now = limit.state(spent_of(row)), timezone.now()
    unwarned = Spending.objects.filter(pk=row.pk, warned_at=None)
    if state is not State.OK and row.warned_at is None and unwarned.update(warned_at=now):
        _tell(budget_warned, "budget_warned", business, row, limit)
    unreached = Spending.objects.filter(pk=row.pk, reached_at=None)
    if state is State.REACHED and row.reached_at is None and unreached.update(reached_at=now):
        _tell(budget_reached, "budget_reached", business, row, limit)


def _tell(signal: Signal, event: str, business: Business, row: Spending, limit: Limit) -> None:
    standing = limit.nearest(spent_of(row))
    facts = {
        "scope": row.scope,
        "name": standing.name,
        "spent": standing.shown(standing.spent),
        "limit": standing.shown(standing.limit),
    }
    log.warning(event, business_id=business.pk, **facts)
    signal.send(sender=Spending, business=business, **facts)


def release_expired(business_id: str) -> bool:
    """Give back what calls held whose worker died; True when there was something."""
    over = SpendingHold.objects.filter(business_id=business_id, until__lt=database_now())
    released = False
    for row in over:
        with transaction.atomic():
            if not _drop(row.pk):
                continue
            held = Amount(row.tokens, row.money_nanos)
            for scope in sorted(row.scopes):
                _move(business_id, scope, spent=Amount(), released=held)
        released = True
        log.warning("budget_hold_lapsed", business_id=business_id, hold=row.pk)
    return released


def spending_rows(business: Business, limits: Limits) -> dict[str, Spending]:
    """The rows of these scopes; what is missing is made from the ledger."""
    known = Spending.objects.filter(business_id=business.pk, scope__in=list(limits))
    found = {row.scope: row for row in known}
    missing = [scope for scope in limits if scope not in found]
    if not missing:
        return found
    made = [_counted(business, scope) for scope in missing]
    # Whoever came first has made it, and may already have added a call.
    Spending.objects.bulk_create(made, ignore_conflicts=True)
    return {row.scope: row for row in known.all()}


def _counted(business: Business, scope: str) -> Spending:
    sums = UsageRecord.objects.filter(_counts_for(business, scope)).aggregate(
        money=Sum("money_nanos"), tokens_in=Sum("tokens_in"), tokens_out=Sum("tokens_out")
    )
    tokens = (sums["tokens_in"] or 0) + (sums["tokens_out"] or 0)
    return Spending(business=business, scope=scope, money_nanos=sums["money"] or 0, tokens=tokens)


def _counts_for(business: Business, scope: str) -> Q:
    mine = Q(business_id=business.pk)
    kind, _, what = scope.partition(":")
    if kind == Period.CONVERSATION:
        return mine & Q(conversation_id=what)
    start, end = bounds_of(scope, ZoneInfo(business.timezone))
    return mine & Q(created_at__gte=start, created_at__lt=end)


def fit_spending(*, business: Business, budgets: Budgets) -> None:
    """After the limits changed: words are said again where there is room again, and rows of what
    has no limit now go, since nothing will keep them up to date."""
    for limit in (budgets.conversation, budgets.day, budgets.month):
        rows = Spending.objects.filter(
            business_id=business.pk, scope__startswith=f"{limit.period.value}:"
        )
        if not limit:
            rows.delete()
            continue
        rows.filter(_spent_less(limit, percent=WARN_PERCENT)).update(warned_at=None)
        rows.filter(_spent_less(limit, percent=100)).update(reached_at=None)
    now, zone = timezone.now(), ZoneInfo(business.timezone)
    for scope in budgets.by_scope(at=now, zone=zone, conversation_id=None):
        _raise_to_ledger(business, scope)


def _raise_to_ledger(business: Business, scope: str) -> None:
    """A worker that knew the old limits may have made a row that was not kept up to date."""
    least = _counted(business, scope)
    _rows(business.pk, scope).update(
        tokens=Greatest("tokens", Value(least.tokens)),
        money_nanos=Greatest("money_nanos", Value(least.money_nanos)),
    )


def _spent_less(limit: Limit, *, percent: int) -> Q:
    less = Q()
    if limit.tokens is not None:
        less &= Q(tokens__lt=-(-limit.tokens * percent // 100))
    if limit.nanos is not None:
        less &= Q(money_nanos__lt=-(-limit.nanos * percent // 100))
    return less


def forget_spending() -> int:
    """Delete rows that nothing was added to for long; the ledger makes them again if need be."""
    idle = Spending.objects.filter(updated_at__lt=timezone.now() - KEPT)
    return idle.delete()[0]
