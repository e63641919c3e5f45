"""The owner's page about people, and everyone's page about themselves."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import InviteForm, PasswordForm, ProfileForm
from accounts.models import Invitation, User
from accounts.selectors import access_member, members_for, open_invitations
from accounts.views.entrance import refused
from core.lib.errors import DomainError, NotFound

Page = Callable[..., HttpResponse]
page = require_http_methods(["GET", "HEAD", "POST"])


def owners_only(view: Page) -> Page:
    """Send strangers to the log-in and say no to those who are not the owner."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not me(request).is_owner:
            return render(request, "accounts/owners_only.html", status=403)
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.detail) from error

    return cast(Page, login_required(guarded))


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@never_cache
@owners_only
@page
def team(request: HttpRequest) -> HttpResponse:
    form, link = InviteForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _, token = services.invite_agent(owner=me(request), **form.cleaned_data)
        except DomainError as error:
            return refused(request, "accounts/team.html", form, error, **_people(request))
        link = request.build_absolute_uri(reverse("accounts:invitation", args=[token]))
        form = InviteForm()
    return render(request, "accounts/team.html", {"form": form, "link": link, **_people(request)})


def _people(request: HttpRequest) -> dict[str, Any]:
    user = me(request)
    return {"members": members_for(user), "invitations": open_invitations(user)}


@owners_only
@require_POST
def remove_member(request: HttpRequest, member_id: str) -> HttpResponse:
    member = access_member(me(request), member_id)
    return _changed(request, lambda: services.deactivate_member(owner=me(request), member=member))


@owners_only
@require_POST
def restore_member(request: HttpRequest, member_id: str) -> HttpResponse:
    member = access_member(me(request), member_id)
    return _changed(request, lambda: services.reactivate_member(owner=me(request), member=member))


@owners_only
@require_POST
def cancel_invitation(request: HttpRequest, invitation_id: str) -> HttpResponse:
    invitation = Invitation.objects.access(me(request), invitation_id)
    services.cancel_invitation(owner=me(request), invitation=invitation)
    return redirect("accounts:team")


def _changed(request: HttpRequest, change: Callable[[], User]) -> HttpResponse:
    try:
        change()
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("accounts:team")


@never_cache
@login_required
@page
def profile(request: HttpRequest) -> HttpResponse:
    user = me(request)
    present = {name: getattr(user, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=present)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user=user, **form.cleaned_data)
        except DomainError as error:
            return refused(request, "accounts/profile.html", form, error, passwords=PasswordForm())
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form, "passwords": PasswordForm()})


@never_cache
@sensitive_post_parameters()
@login_required
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    user, passwords = me(request), PasswordForm(request.POST)
    initial = {name: getattr(user, name) for name in ProfileForm.base_fields}
    context = {"form": ProfileForm(initial=initial), "passwords": passwords}
    if passwords.is_valid():
        old, new = passwords.cleaned_data["old_password"], passwords.cleaned_data["password"]
        try:
            services.change_password(user=user, old=old, new=new)
        except DomainError as error:
            passwords.show(error)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password was changed; other devices are logged out.")
            return redirect("accounts:profile")
    return render(request, "accounts/profile.html", context, status=400)
