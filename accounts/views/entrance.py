"""Coming in and going out: log-in, sign-up, an invitation, log-out."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import AcceptForm, LoginForm, ServiceForm, SignUpForm
from accounts.models import User
from accounts.services.login import check_sign_up_rate, client_address
from core.lib.errors import DomainError, NotFound

BACKEND = "accounts.backends.UsernameOrEmailBackend"
page = require_http_methods(["GET", "HEAD", "POST"])
secret = sensitive_post_parameters("password")


@never_cache
@secret
@page
def log_in(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and request.user.is_authenticated:
        return redirect(where_next(request))
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.log_in_with_password(request=request, **form.cleaned_data)
        except DomainError as error:
            return refused(request, "accounts/login.html", form, error)
        login(request, user)
        return redirect(where_next(request))
    return render(request, "accounts/login.html", {"form": form, "next": where_next(request)})


@never_cache
@secret
@page
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check_sign_up_rate(client_address(request))
            _, owner = services.create_business(**form.cleaned_data)
        except DomainError as error:
            return refused(request, "accounts/signup.html", form, error)
        return enter(request, owner)
    return render(request, "accounts/signup.html", {"form": form})


@never_cache
@secret
@page
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invitation = services.find_invitation(token)
    except NotFound as error:
        return render(request, "accounts/no_invitation.html", {"problem": error.detail}, status=404)
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.accept_invitation(token=token, **form.cleaned_data)
        except DomainError as error:
            return refused(request, "accounts/invitation.html", form, error, invitation=invitation)
        return enter(request, user)
    return render(request, "accounts/invitation.html", {"form": form, "invitation": invitation})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


def refused(
    request: HttpRequest, template: str, form: ServiceForm, error: DomainError, **context: object
) -> HttpResponse:
    """The page again with the reason; the same status for every wrong log-in."""
    form.show(error)
    response = render(
        request,
        template,
        {"form": form, "next": where_next(request), **context},
        status=error.status,
    )
    if (wait := getattr(error, "retry_after", None)) is not None:
        response["Retry-After"] = str(wait)
    return response


def where_next(request: HttpRequest) -> str:
    """`next` if it leads to this host, else the inbox."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else settings.LOGIN_REDIRECT_URL
