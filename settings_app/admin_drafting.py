"""“Save as draft” beside “Save” on pages whose rows can be drafted."""

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action

from core.admin import ScopedModelAdmin
from settings_app.admin_versions import DRAFT_PAGE, STYLES

BUTTON = "save_as_draft"
# What stands beside the button where the form shows what counts, not the draft.
LIVE_BUTTONS = ("show_save", "show_save_and_continue", "show_save_and_add_another", "show_delete")


class DraftingAdmin(ScopedModelAdmin):
    """`?draft=1` shows the drafted words in the form; the button keeps them in the draft."""

    actions_submit_line = [BUTTON]
    change_form_before_template = "settings_app/draft_notice.html"

    class Media:
        css = STYLES

    @action(description="Save as draft", attrs={"name": BUTTON})
    def save_as_draft(self, request: HttpRequest, obj: Model) -> None:
        """The button only; `save_model` asks `drafts`."""

    def drafts(self, request: HttpRequest) -> bool:
        return BUTTON in request.POST

    def shows_draft(self, request: HttpRequest) -> bool:
        return "draft" in request.GET

    def draft_notice(self, request: HttpRequest, object_id: str | None) -> dict[str, str] | None:
        """Words, and where to see the other state; None when nothing is drafted."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        live = dict.fromkeys(LIVE_BUTTONS, False) if self.shows_draft(request) else {}
        context = live | {
            "draft_notice": self.draft_notice(request, object_id),
            "actions_submit_line": [self.get_unfold_action(BUTTON)],
        }
        return super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def notice(self, request: HttpRequest, *, live: bool) -> dict[str, str]:
        if self.shows_draft(request):
            words = "This is the draft; answers don't follow it yet."
            here = {"link": request.path, "label": "See what counts now"} if live else {}
            return {"words": words, **here}
        link = f"{request.path}?draft=1"
        return {"words": "There is a draft of this.", "link": link, "label": "Edit the draft"}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if self.drafts(request) else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if self.drafts(request) else super().log_change(request, obj, message)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if self.drafts(request):
            return self._to_the_draft(request)
        page: HttpResponse = super().response_add(request, obj, post_url_continue)
        return page

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if self.drafts(request):
            return self._to_the_draft(request)
        page: HttpResponse = super().response_change(request, obj)
        return page

    def _to_the_draft(self, request: HttpRequest) -> HttpResponse:
        messages.success(request, "Saved as a draft. Answers follow it once you publish.")
        return redirect(DRAFT_PAGE)
