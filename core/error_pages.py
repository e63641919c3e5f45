"""Errors outside of any view: JSON for programs, a plain page for people."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

PROGRAM_PATHS = ("/api/", "/auth/", "/webhooks/", "/health/", "/metrics", "/chat/conversations")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 400, "invalid", "This request can't be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 403, "permission_denied", "You may not do this.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(
        request, 403, "csrf_failed", "This form is out of date. Reload the page and send it again."
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    detail = "Something went wrong on our side. It has been logged."
    return answer(request, 500, "server_error", detail)


def answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if not wants_page(request):
        return JsonResponse({"detail": detail, "code": code}, status=status)
    template = "500.html" if status == 500 else "404.html"
    return render(request, template, {"detail": detail, "code": code}, status=status)


def wants_page(request: HttpRequest) -> bool:
    if request.path.startswith(PROGRAM_PATHS):
        return False
    return "text/html" in request.META.get("HTTP_ACCEPT", "")
