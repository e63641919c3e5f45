"""Sources in the admin: add one of a kind, how its reading goes, what a newer one would change."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from accounts.models import User
from core.admin import ScopedForm, ScopedModelAdmin
from core.lib.errors import DomainError
from settings_app.admin_imports import KINDS as FILES
from settings_app.admin_versions import STYLES
from settings_app.models import KnowledgeSource
from settings_app.selectors import documents_of
from settings_app.selectors_sources import difference, reading_of, source_documents, with_figures
from settings_app.sources import (
    MAX_DEPTH,
    MAX_HOURS,
    MAX_PAGES,
    add_file,
    add_text,
    checked_address,
    delete_source,
    discard_pending,
    publish_pending,
    read_again,
    store_changes,
    store_web,
)

Kind, State = KnowledgeSource.Kind, KnowledgeSource.State
PAGES_LISTED = 200
COLOURS = {State.READY: "success", State.FAILED: "danger", State.READING: "info"}
WEB = ["follow_links", "max_pages", "refresh_hours", "publish_at_once"]
BOUNDS = {
    "follow_links": (0, MAX_DEPTH),
    "max_pages": (1, MAX_PAGES),
    "refresh_hours": (1, MAX_HOURS),
}
FIELDS = {
    Kind.WEB: ["business", "url", "title", *WEB, "language", "is_active"],
    Kind.FILE: ["business", "upload", "title", "language", "is_active"],
    Kind.TEXT: ["business", "title", "text", "language", "is_active"],
}


def kind_of(request: HttpRequest) -> str:
    """Which kind is to be added; what the address says, else a web address."""
    wanted = request.GET.get("kind", "")
    return wanted if wanted in FIELDS else str(Kind.WEB)


class SourceForm(ScopedForm):
    address = problem = ""
    text = forms.CharField(
        required=True,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 20}),
        help_text="Plain text or Markdown. Headings part it into what is found.",
    )
    upload = forms.FileField(
        label="File",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": FILES}),
        help_text="Markdown, text, PDF, Word, HTML, CSV or JSON, at most 50 MB.",
    )

    class Meta:
        model = KnowledgeSource
        fields = ["business", "title", "url", *WEB, "language", "is_active"]
        labels = {
            "url": "Web address",
            "follow_links": "Links to follow",
            "max_pages": "Pages at most",
            "refresh_hours": "Read again after (hours)",
            "publish_at_once": "Changes count at once",
            "is_active": "In use",
        }
        help_texts = {
            "url": "A public page of the business. Its robots.txt is kept to.",
            "follow_links": "How many links away from it pages of the same site are read. "
            "0 = only this page.",
            "refresh_hours": "24 = every day. Empty = only when you ask.",
            "publish_at_once": "Otherwise a difference waits here until somebody publishes it.",
            "language": "A code such as en or de. Empty = told by the text.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adding = self.instance._state.adding
        if "title" in self.fields and "text" not in self.fields:
            self.fields["title"].required = not adding
        if "upload" in self.fields:
            self.fields["upload"].required = adding
        if "url" in self.fields:
            self.fields["url"].required = True
            self.fields["title"].help_text = "Empty = its address." if adding else ""
        for name in BOUNDS.keys() & self.fields.keys():
            least, most = BOUNDS[name]
            self.fields[name].widget.attrs.update({"min": least, "max": most})
        if "text" in self.fields and not adding and self.instance.live is not None:
            rows = documents_of(self.instance, self.instance.live)
            self.initial["text"] = "\n\n".join(row.text for row in rows)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, (least, most) in BOUNDS.items():
            value = cleaned.get(name)
            if value is not None and not least <= value <= most:
                self.add_error(name, f"Between {least} and {most}.")
        return cleaned

    def clean_url(self) -> str:
        """As it was found before the saving began."""
        if self.problem:
            raise forms.ValidationError(self.problem)
        return self.address or str(self.cleaned_data["url"])


@admin.register(KnowledgeSource)
class KnowledgeSourceAdmin(ScopedModelAdmin):
    form = SourceForm
    list_display = [
        *("title", "kind", "state_line", "figures", "waits", "last_read", "next_reading"),
        "active",
        "business",
    ]
    list_filter = ["kind", "state", "business"]
    search_fields = ["title", "url"]
    list_select_related = ["business"]
    empty_words = "Web addresses, files and texts that answers may be made from stand here."
    list_before_template = "settings_app/source_kinds.html"
    change_form_outer_before_template = "settings_app/source_state.html"
    change_form_outer_after_template = "settings_app/source_pages.html"

    class Media:
        css = STYLES

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnowledgeSource]:
        return with_figures(super().get_queryset(request))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Only the fields of its kind."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        names = set(self.get_fields(request, obj))
        extra = {"text": None, "upload": None}
        unwanted = {name: None for name in extra if name not in names}
        looked_up = {name: getattr(request, name, "") for name in ("address", "problem")}
        return type(form.__name__, (form,), unwanted | looked_up)

    def look_up(self, request: HttpRequest, source: KnowledgeSource | None) -> None:
        """Where the address leads, before Django opens its transaction around the saving."""
        url = request.POST.get("url", "")
        may = self.has_change_permission(request) and self.has_add_permission(request)
        if not may or not url or (source is not None and source.url == url):
            return
        try:
            request.address = checked_address(url)  # type: ignore[attr-defined]
        except DomainError as refusal:
            request.problem = refusal.detail  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kind = obj.kind if obj is not None else kind_of(request)
        return self.without_business(request, FIELDS[Kind(kind)])

    def get_urls(self) -> list[URLPattern]:
        own = {
            "state": self.state_part,
            "difference": self.difference_page,
            "read": require_POST(self.read),
            "publish": require_POST(self.publish),
            "discard": require_POST(self.discard),
        }
        name = "settings_app_knowledgesource"
        return [
            *(
                path(
                    f"<str:source_id>/{word}/",
                    self.admin_site.admin_view(view),
                    name=f"{name}_{word}",
                )
                for word, view in own.items()
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        source = self.get_object(request, object_id) if object_id else None
        context: dict[str, Any] = {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "source": source,
        }
        if source is None:
            context["title"] = f"Add a {Kind(kind_of(request)).label.lower()}"
        elif source.live is not None:
            documents = source_documents(source)
            context |= {"documents": documents[:PAGES_LISTED], "document_count": documents.count()}
        context |= extra_context or {}
        self.look_up(request, source)
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect(request.get_full_path())

    def owned(self, request: HttpRequest, source_id: str, *, to_change: bool) -> KnowledgeSource:
        source: KnowledgeSource | None = self.get_object(request, source_id)
        may = self.has_change_permission if to_change else self.has_view_permission
        if source is None or not may(request, source):
            raise Http404
        return source

    def state_part(self, request: HttpRequest, source_id: str) -> HttpResponse:
        """The part of the page that asks for itself again until the reading is finished."""
        source = self.owned(request, source_id, to_change=False)
        template = str(self.change_form_outer_before_template)
        return TemplateResponse(request, template, {"source": source})

    def difference_page(self, request: HttpRequest, source_id: str) -> HttpResponse:
        source = self.owned(request, source_id, to_change=False)
        if source.pending is None:
            messages.info(request, "No newer reading of this source waits.")
            return redirect(change_page(source_id))
        context = admin.site.each_context(request) | {
            "title": f"What changed at {source.title}",
            "source": source,
            "reading": reading_of(source),
            "difference": difference(source),
            "back": change_page(source_id),
        }
        return TemplateResponse(request, "settings_app/source_difference.html", context)

    def read(self, request: HttpRequest, source_id: str) -> HttpResponse:
        source = self.owned(request, source_id, to_change=True)
        return self._do(
            request, source, lambda user: read_again(source=source, user=user), "It is read now."
        )

    def publish(self, request: HttpRequest, source_id: str) -> HttpResponse:
        source = self.owned(request, source_id, to_change=True)
        seen = number_of(request)
        return self._do(
            request,
            source,
            lambda user: publish_pending(source=source, reading=seen, user=user, via="page"),
            "Published. Answers follow it now.",
        )

    def discard(self, request: HttpRequest, source_id: str) -> HttpResponse:
        source = self.owned(request, source_id, to_change=True)
        seen = number_of(request)
        return self._do(
            request,
            source,
            lambda user: discard_pending(source=source, reading=seen),
            "Forgotten. What counts now stays.",
        )

    def _do(
        self, request: HttpRequest, source: KnowledgeSource, do: Any, done: str
    ) -> HttpResponse:
        try:
            do(cast(User, request.user))
            messages.success(request, done)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect(change_page(source.pk))

    def save_model(
        self,
        request: HttpRequest,
        obj: KnowledgeSource,
        form: "forms.ModelForm[Any]",
        change: bool,
    ) -> None:
        user = cast(User, request.user)
        if change:
            self._change(obj, form, user)
        else:
            obj.pk = self._add(request, obj, form.cleaned_data, user).pk

    def _change(self, obj: KnowledgeSource, form: "forms.ModelForm[Any]", user: User) -> None:
        changes = {
            name: form.cleaned_data[name]
            for name in form.changed_data
            if name not in {"business", "upload"}
        }
        source = KnowledgeSource.objects.get(pk=obj.pk)
        if changes:
            store_changes(source=source, changes=changes, user=user, via="page")
        if upload := form.cleaned_data.get("upload"):
            read_again(source=source, user=user, upload=upload)

    def _add(
        self, request: HttpRequest, obj: KnowledgeSource, given: dict[str, Any], user: User
    ) -> KnowledgeSource:
        common: dict[str, Any] = {
            **{name: given[name] for name in ("title", "language", "is_active")},
            "business": obj.business,
            "user": user,
        }
        match kind_of(request):
            case Kind.TEXT:
                return add_text(text=given["text"], via="page", **common)
            case Kind.FILE:
                return add_file(upload=given["upload"], **common)
        return store_web(address=given["url"], **{name: given[name] for name in WEB}, **common)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None  # the version says it

    def response_add(
        self, request: HttpRequest, obj: KnowledgeSource, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect(change_page(obj.pk))

    def response_change(self, request: HttpRequest, obj: KnowledgeSource) -> HttpResponse:
        messages.success(request, "Saved.")
        return redirect(change_page(obj.pk))

    def delete_model(self, request: HttpRequest, obj: KnowledgeSource) -> None:
        delete_source(source=obj, user=cast(User, request.user), via="page")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[KnowledgeSource]) -> None:
        for source in queryset:
            self.delete_model(request, source)

    @display(description="State", label=COLOURS, ordering="state")
    def state_line(self, source: KnowledgeSource) -> tuple[str, str]:
        return source.state, source.get_state_display()

    @display(description="Pages")
    def figures(self, source: KnowledgeSource) -> int:
        return int(getattr(source, "pages", 0))

    @display(description="Newer reading", label={"waits": "warning"}, ordering="pending")
    def waits(self, source: KnowledgeSource) -> tuple[str, str] | str:
        return ("waits", "To look at") if source.pending else "–"

    @display(description="Last read", ordering="checked_at")
    def last_read(self, source: KnowledgeSource) -> str:
        return f"{source.checked_at:%Y-%m-%d %H:%M} UTC" if source.checked_at else "–"

    @display(description="Next reading", ordering="due_at")
    def next_reading(self, source: KnowledgeSource) -> str:
        return f"{source.due_at:%Y-%m-%d %H:%M} UTC" if source.due_at else "–"

    @display(description="In use", boolean=True, ordering="is_active")
    def active(self, source: KnowledgeSource) -> bool:
        return source.is_active


def change_page(source_id: str) -> str:
    return reverse("admin:settings_app_knowledgesource_change", args=[source_id])


def number_of(request: HttpRequest) -> int | None:
    """The reading that the page showed."""
    given = request.POST.get("reading", "")
    return int(given) if given.isdigit() and len(given) < 10 else None
