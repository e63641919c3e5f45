"""Looking at a channel as its platform sees it, writing down what was found, and mending it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.lib.crypto import SecretUnreadable
from core.lib.errors import DomainError
from messaging.adapters.base import Checkup
from messaging.adapters.meta import NEEDED_FIELDS
from messaging.adapters.registry import adapter_for
from messaging.models import Channel, OutboundChunk
from messaging.services import findings as found
from messaging.services.channels import release_waiting, webhook_path, webhook_url
from messaging.services.findings import Finding, Sends, Severity
from messaging.services.tokens import refresh_due, refresh_token
from messaging.signals import channel_died
from messaging.types import ChannelAccount

log = structlog.get_logger(__name__)

LOOK_BACK = timedelta(hours=24)
# What the product itself decided not to send says nothing about the channel.
OURS = ("taken_over", "closed", "handed_over", "window_closed")
REPAIRABLE = frozenset({"webhook_address", "webhook_secret", "webhook_kinds", "subscription"})
TOKEN_CODES = frozenset({"bad_token", "channel_refused"})
# In a row and unasked; then whatever undoes them has to be stopped by somebody.
MOST_REPAIRS = 3


@dataclass(frozen=True, slots=True)
class Report:
    """What one look found. `reached`: the platform gave an answer."""

    channel: Channel
    findings: tuple[Finding, ...]
    at: datetime
    reached: bool = True

    @property
    def severity(self) -> Severity:
        return found.worst(self.findings)

    @property
    def ok(self) -> bool:
        return self.severity is not Severity.BAD

    @property
    def detail(self) -> str:
        """The worst finding in words; empty when all is well."""
        if self.severity is Severity.OK:
            return ""
        first = next(one for one in self.findings if one.severity is self.severity)
        return f"{first.sentence} {first.remedy}".strip()

    @property
    def summary(self) -> str:
        """One line for whoever asked for the look."""
        mended = [one.sentence for one in self.findings if one.code == "repair" and self.ok]
        return self.detail or "".join(mended) or "It works."


@dataclass(slots=True)
class _Look:
    """What was seen of the platform, and what was done about it."""

    findings: list[Finding] = field(default_factory=list)
    reached: bool = True
    repaired: bool = False


def examine_channel(*, channel: Channel, fix: bool = False) -> Report:
    """Look at everything about a channel and keep the result as its health.

    `fix`: registers a lost webhook or subscription again, and renews a token that ends soon.
    """
    return _examine(channel, repair=fix, renew=fix)


def examine_unasked(*, channel: Channel) -> Report:
    """As the clockwork does it: mends what is off, but neither for ever nor what is set by hand."""
    tired = int(channel.checkup.get("repairs", 0)) >= MOST_REPAIRS
    return _examine(channel, repair=not tired and not channel.settings.get("by_hand"), renew=False)


def examine_channels(
    channels: Iterable[Channel], *, fix: bool = False, unasked: bool = False
) -> Iterator[Report]:
    """Examine each in turn; whatever goes wrong with one stops none of the others."""
    for channel in channels:
        try:
            if unasked:
                yield examine_unasked(channel=channel)
            else:
                yield examine_channel(channel=channel, fix=fix)
        except Exception:
            log.exception("channel_check_failed", channel_id=channel.pk)
            sentence = "The check itself failed; the log says why."
            fault = found.warning("fault", sentence, "Please report it.")
            yield Report(channel, (fault,), timezone.now(), reached=False)


def _examine(channel: Channel, *, repair: bool, renew: bool) -> Report:
    if not channel.is_active:
        sentence = "The channel is switched off, so it is not checked."
        return Report(channel, (found.good("switched_off", sentence),), timezone.now(), False)
    seen_at = channel.checked_at
    _remember_refusal(channel)
    try:
        look = _look(channel, repair=repair, renew=renew)
    except SecretUnreadable as error:
        remedy = "Or connect the channel again with fresh secrets."
        look = _Look([found.bad("secrets", error.detail, remedy)])
    findings = (*look.findings, *_of_rows(channel))
    report = Report(channel, findings, timezone.now(), look.reached)
    _keep(report, seen_at=seen_at, repaired=look.repaired)
    return report


def _look(channel: Channel, *, repair: bool, renew: bool) -> _Look:
    account = channel.account()
    if not webhook_path(channel):
        return _Look([found.good("delivery", "This channel needs no platform.")])
    secrets = found.good("secrets", "The stored secrets can be read.")
    look = _ask(channel, account)
    if repair and any(_needs_repair(one) for one in look.findings):
        look = _repair(channel, account, look)
    if renew and refresh_due(channel, timezone.now()):
        refresh_token(channel=channel)
    return _Look([secrets, *_tokens(channel, look), *look.findings], look.reached, look.repaired)


def _needs_repair(finding: Finding) -> bool:
    # A subscription that only lacks what the app may not have would be tried for ever.
    lacking = finding.code == "subscription" and finding.severity is Severity.WARN
    return finding.code in REPAIRABLE and finding.severity is not Severity.OK and not lacking


def _ask(channel: Channel, account: ChannelAccount) -> _Look:
    checkup = adapter_for(channel.kind).check(account, webhook_url(channel))
    facts = checkup.facts or {}
    if not checkup.reached:
        remedy = "Nothing to do if it passes; it is asked again in some minutes."
        return _Look([found.warning("platform", checkup.detail, remedy)], reached=False)
    if "token_valid" in facts:
        return _Look(_of_meta(channel, checkup, facts))
    if "url" in facts:
        return _Look(_of_telegram(channel, facts))
    return _Look(_refused(channel, account, checkup))


def _of_meta(channel: Channel, checkup: Checkup, facts: Mapping[str, Any]) -> list[Finding]:
    if not facts["token_valid"]:
        return [found.bad("token", _first_sentence(checkup.detail), found.CONNECT_AGAIN)]
    by_hand = bool(channel.settings.get("by_hand"))
    lacking = set(NEEDED_FIELDS) & set(facts["missing_fields"])
    subscription = found.of_subscription(facts, delivers=not lacking, by_hand=by_hand)
    if checkup.ok or lacking:
        return [subscription]
    other = found.bad("account", _first_sentence(checkup.detail), found.CONNECT_AGAIN)
    return [other, subscription]


def _first_sentence(words: str) -> str:
    """What is wrong, without the advice that follows it."""
    return words.partition(". ")[0].rstrip(".") + "."


def _of_telegram(channel: Channel, facts: Mapping[str, Any]) -> list[Finding]:
    return found.of_webhook(
        facts,
        url=webhook_url(channel),
        now=timezone.now(),
        registered_at=_time(channel.checkup.get("registered_at")),
        last_inbound_at=channel.last_inbound_at,
        by_hand=bool(channel.settings.get("by_hand")),
    )


def _refused(channel: Channel, account: ChannelAccount, checkup: Checkup) -> list[Finding]:
    """The platform answered without facts: a dead token unless it still knows the account."""
    if checkup.ok:
        return [found.good("delivery", "The platform delivers here.")]
    try:
        adapter_for(channel.kind).identify(account)
    except DomainError as error:
        # "refused" is an error whose meaning nobody knows: no proof that the account is lost.
        if error.status != 503 and error.code != "refused":
            code = "token" if error.code in TOKEN_CODES else "account"
            return [found.bad(code, _first_sentence(error.detail), found.CONNECT_AGAIN)]
    return [found.warning("platform", checkup.detail, "It is asked again in some minutes.")]


def _repair(channel: Channel, account: ChannelAccount, look: _Look) -> _Look:
    """Have the platform deliver again, and look again."""
    try:
        adapter_for(channel.kind).connect(account, webhook_url(channel))
    except DomainError as error:
        failed = found.bad("repair", f"It could not be registered again: {error.detail}")
        return _Look([failed, *look.findings], look.reached)
    channel.checkup = {**channel.checkup, "registered_at": timezone.now().isoformat()}
    if channel.settings.pop("by_hand", None):
        Channel.objects.filter(pk=channel.pk).update(settings=channel.settings)
    again = _ask(channel, account)
    mended = found.good("repair", "It was off and has been registered again.")
    return _Look([mended, *again.findings], again.reached, repaired=True)


def _tokens(channel: Channel, look: _Look) -> list[Finding]:
    """What is known of the token, where the look itself did not find it dead."""
    if any(one.code == "token" for one in look.findings):
        return []
    token = found.of_token(
        expires_at=channel.token_expires_at,
        renewed_at=channel.token_renewed_at,
        now=timezone.now(),
        problem=str(channel.checkup.get("refresh", "")),
    )
    unsure = not look.reached and token.severity is Severity.OK
    return [] if unsure else [token]


def _remember_refusal(channel: Channel) -> None:
    """Why a send killed the channel, before a look that finds all well makes it work again."""
    at = channel.sends_refused_at
    if channel.health == Channel.Health.DEAD and at is not None:
        refused = {"detail": channel.health_detail, "at": at.isoformat()}
        channel.checkup = {**channel.checkup, "refused": refused}


def _of_refusal(channel: Channel) -> list[Finding]:
    """The refused send, until one goes through again."""
    refused = channel.checkup.get("refused") or {}
    at, last = _time(refused.get("at")), channel.last_outbound_at
    if at is None or (last is not None and last > at):
        channel.checkup = {k: v for k, v in channel.checkup.items() if k != "refused"}
        return []
    sentence = f"The last send was refused: {refused['detail']}"
    return [found.warning("refused", sentence, "It is tried again with what waits.")]


def _of_rows(channel: Channel) -> list[Finding]:
    """What our own rows tell."""
    notes = _of_refusal(channel)
    if channel.settings.get("other_way"):
        from messaging.services.connecting import BOTH_WAYS

        notes.append(found.warning("both_ways", BOTH_WAYS, "Then connect the channel again."))
    traffic = found.of_traffic(
        inbound_at=channel.last_inbound_at, outbound_at=channel.last_outbound_at
    )
    return [*notes, *traffic, found.of_sends(sends_of(channel))]


def sends_of(channel: Channel) -> Sends:
    """What became of the sends of the last 24 hours."""
    since = timezone.now() - LOOK_BACK
    chunks = OutboundChunk.objects.filter(
        conversation__channel_id=channel.pk,
        conversation__updated_at__gte=since,
        created_at__gte=since,
    ).exclude(failure__code__in=OURS)
    counts = {state: Count("pk", filter=Q(state=state)) for state in Sends.__slots__}
    return Sends(**chunks.aggregate(**counts))


def _keep(report: Report, *, seen_at: datetime | None, repaired: bool) -> None:
    """Write the result down, unless the channel was connected or checked meanwhile."""
    channel, before = report.channel, report.channel.health
    channel.checked_at = report.at
    channel.health_detail = report.detail[:300]
    if not report.ok:
        channel.health = Channel.Health.DEAD
    elif report.reached:
        channel.health = Channel.Health.OK
    channel.checkup = _memory(report, repaired)
    names = ("health", "health_detail", "checkup", "checked_at")
    row = Channel.objects.filter(pk=channel.pk, checked_at=seen_at, is_active=True)
    with transaction.atomic():
        kept = row.update(**{name: getattr(channel, name) for name in names})
        if kept and channel.health == Channel.Health.DEAD != before:
            channel_died.send(sender=Channel, channel=channel)
    if kept and channel.health == Channel.Health.OK != before:
        release_waiting(channel)


def _memory(report: Report, repaired: bool) -> dict[str, Any]:
    """The findings, and what the next look has to know."""
    kept = {name: value for name, value in report.channel.checkup.items() if name != "findings"}
    if repaired:
        kept["repairs"] = int(kept.get("repairs", 0)) + 1
    elif report.ok:
        kept.pop("repairs", None)
    return {**kept, "findings": [finding.form() for finding in report.findings]}


def _time(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None
