"""How fast a person and a business may call the API, counted by all processes together.

REST framework reads these names while it loads its own views, so nothing here may import them.
"""

import math
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.lib.errors import DomainError
from core.lib.ratelimit import hit

WINDOW_SECONDS = 60.0


class TooFast(DomainError):
    """Answers 429 with Retry-After, in whole seconds."""

    status = 429
    code = "too_fast"

    def __init__(self, what: str, retry_after: float) -> None:
        self.retry_after = max(1, math.ceil(retry_after))
        super().__init__(f"{what}. Try again in {self.retry_after} s.")


class _Throttle(BaseThrottle):
    """Refuses by raising, so that what is over one limit is not counted against the next."""

    name = ""
    setting = ""
    problem = ""
    counted = "pk"

    def allow_request(self, request: Request, view: Any) -> bool:
        key = getattr(request.user, self.counted, None)
        if key is None:
            return True
        limit = int(getattr(settings, self.setting))
        state = hit(f"{self.name}:{key}", limit, WINDOW_SECONDS)
        if not state.allowed:
            raise TooFast(self.problem.format(limit=limit), state.retry_after)
        return True


class UserThrottle(_Throttle):
    """Whoever is not logged in has limits of their own: log-in, sign-up, visitors."""

    name = "api-user"
    setting = "API_USER_PER_MINUTE"
    problem = "You may make {limit} requests a minute"


class BusinessThrottle(_Throttle):
    name = "api-business"
    setting = "API_BUSINESS_PER_MINUTE"
    problem = "Your business may make {limit} requests a minute"
    counted = "business_id"


class AskThrottle(UserThrottle):
    """For requests that have a model answer."""

    name = "ask-user"
    setting = "ASK_USER_PER_MINUTE"
    problem = "You may ask {limit} questions a minute"


USUAL = (UserThrottle, BusinessThrottle)
