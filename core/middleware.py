"""What every request carries: an id that stands in the logs and in the answer."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from core.lib.ids import new_id


class RequestContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = new_id()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response
