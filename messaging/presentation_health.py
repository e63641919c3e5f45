"""The public form of a channel's health: the same in REST and in the doctor's command."""

from collections.abc import Sequence

from messaging.models import Channel
from messaging.presentation import Form
from messaging.services.findings import Finding


def health_form(channel: Channel, findings: Sequence[Finding] | None = None) -> Form:
    """`findings`: of a look made just now; else those of the last one."""
    kept = channel.checkup.get("findings", [])
    times = ("checked_at", "token_expires_at", "token_renewed_at")
    traffic = ("last_inbound_at", "last_outbound_at")
    return {
        "channel_id": channel.id,
        "kind": channel.kind,
        "name": str(channel),
        "is_active": channel.is_active,
        "health": channel.health,
        "health_detail": channel.health_detail,
        **{name: _iso(channel, name) for name in (*times, *traffic)},
        "findings": kept if findings is None else [finding.form() for finding in findings],
    }


def _iso(channel: Channel, name: str) -> str | None:
    at = getattr(channel, name)
    return at.isoformat() if at is not None else None
