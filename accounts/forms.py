"""The forms of the accounts pages."""

from typing import Any

from django import forms

from accounts.models import User
from core.lib.errors import DomainError

NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})
NAME = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})


class ServiceForm(forms.Form):
    """A form that shows what a service refuses beside the field that it names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def show(self, error: DomainError) -> None:
        for name, problems in error.fields.items():
            for problem in problems:
                self.add_error(name if name in self.fields else None, problem)
        if not error.fields:
            self.add_error(None, error.detail)


class LoginForm(ServiceForm):
    username = forms.CharField(label="User name or e-mail", max_length=254, widget=NAME)
    password = forms.CharField(
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignUpForm(ServiceForm):
    name = forms.CharField(label="Name of your business", max_length=120)
    username = forms.CharField(label="User name", max_length=150, widget=NAME)
    email = forms.EmailField(
        label="E-mail", required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(max_length=1024, strip=False, widget=NEW_PASSWORD)


class InviteForm(ServiceForm):
    email = forms.EmailField(label="E-mail of the person")


class AcceptForm(ServiceForm):
    username = forms.CharField(label="User name", max_length=150, widget=NAME)
    password = forms.CharField(max_length=1024, strip=False, widget=NEW_PASSWORD)


class ProfileForm(ServiceForm):
    first_name = forms.CharField(label="First name", max_length=150, required=False)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    default_reply_handler = forms.ChoiceField(
        label="Who answers new conversations first", choices=User.Handler.choices
    )


class PasswordForm(ServiceForm):
    old_password = forms.CharField(
        label="Present password",
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label="New password", max_length=1024, strip=False, widget=NEW_PASSWORD
    )
