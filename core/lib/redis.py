"""One Redis client per process with short time limits: a frozen server is a missing one."""

from functools import lru_cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SECONDS = 1.0


@lru_cache(maxsize=1)
def redis_client() -> Redis:
    """Raises redis.RedisError within a second or two when the server is away."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
