"""One process for both: HTTP through Django's WSGI handler, WebSockets through Channels."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
wsgi = get_wsgi_application()

from django.conf import settings  # noqa: E402

from channels_bridge.routing import websocket_application  # noqa: E402
from core.bridge import Receive, Scope, Send, WSGIBridge  # noqa: E402
from core.memory import settle_memory  # noqa: E402

http = WSGIBridge(wsgi, threads=settings.WEB_THREADS)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket_application(scope, receive, send)
    else:
        await lifespan(receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            http.close()
            return


settle_memory()
