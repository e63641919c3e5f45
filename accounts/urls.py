"""`/accounts/…` for people, `/auth/…` and `/api/v1/keys/` for programs."""

from django.urls import include, path

from accounts.api import keys
from accounts.views import entrance, team

pages = [
    path("login/", entrance.log_in, name="login"),
    path("signup/", entrance.sign_up, name="signup"),
    path("logout/", entrance.log_out, name="logout"),
    path("invitation/<str:token>/", entrance.accept_invitation, name="invitation"),
    path("team/", team.team, name="team"),
    path("team/<str:member_id>/remove/", team.remove_member, name="remove-member"),
    path("team/<str:member_id>/restore/", team.restore_member, name="restore-member"),
    path(
        "team/invitations/<str:invitation_id>/cancel/",
        team.cancel_invitation,
        name="cancel-invitation",
    ),
    path("profile/", team.profile, name="profile"),
    path("profile/password/", team.password, name="password"),
]

urlpatterns = [
    path("accounts/", include((pages, "accounts"))),
    path("auth/", include("accounts.api.urls")),
    path("api/v1/keys/", keys.KeyListView.as_view()),
    path("api/v1/keys/<str:key_id>/", keys.KeyView.as_view()),
]
