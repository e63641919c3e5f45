"""The log of settings: who changed what of a business, from what to what."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import SettingChange, User

SECRETS = re.compile(r"(^|_)(secrets?|token|password|digest|api_key)$")


def note_setting(
    *,
    business_id: str,
    user: User | None,
    via: str,
    subject: str,
    subject_id: str = "",
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> int:
    """Log each field of `after` that differs from `before`; how many did. Never a secret.

    Call it in the transaction of the change. `via`: "page", "api", "command" or "system".
    """
    common = {"business_id": business_id, "user": user, "via": via, "subject": subject}
    rows = [
        SettingChange(
            **common, subject_id=subject_id, field=field, before=was, after=_plain(after[field])
        )
        for field in after
        if not _is_secret(field) and (was := _plain(before.get(field))) != _plain(after[field])
    ]
    SettingChange.objects.bulk_create(rows)
    return len(rows)


def _is_secret(field: str) -> bool:
    return SECRETS.search(field) is not None


def _plain(value: Any) -> Any:
    """As JSON gives it back, so that what is compared is what will be read."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))
