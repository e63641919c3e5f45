"""The web process: `python -m core.serve`. Only the limits that uvicorn can't guess stand here."""

import os

import uvicorn

from core.env import env_int, env_text

GRACE_SECONDS = 6


def main() -> None:
    uvicorn.run(
        "core.asgi:application",
        host=env_text("HOST", "127.0.0.1"),
        port=env_int("PORT", 8000, minimum=1, maximum=65535),
        log_config=None,
        access_log=False,  # request lines hold tickets and webhook addresses
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=65536,
        ws_max_queue=16,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        forwarded_allow_ips=env_text("FORWARDED_ALLOW_IPS", "127.0.0.1"),
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    main()
