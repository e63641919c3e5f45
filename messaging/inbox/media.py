"""A customer's file, for the people of the business that got it."""

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.models import User
from core.lib.errors import NotFound
from messaging.media.serving import serve_media
from messaging.selectors import access_media


@require_safe
def media(request: HttpRequest, media_id: str) -> HttpResponseBase:
    """Not an inbox_view: a browser may keep a file for a while, a page never."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    try:
        return serve_media(request, access_media(request.user, media_id))
    except NotFound as error:
        raise Http404(error.detail) from error
