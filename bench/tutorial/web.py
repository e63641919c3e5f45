"""The sync view on sixteen threads, in uvicorn like ours."""

import os

import uvicorn
from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.tutorial.settings")
application = WSGIMiddleware(get_wsgi_application(), workers=16)

if __name__ == "__main__":
    uvicorn.run(
        application,
        port=int(os.environ["PORT"]),
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
