"""Pace and throttles that all processes share through Redis.

With Redis away each process limits alone (fails open between processes), and a breaker keeps a
frozen Redis from costing more than one short timeout every few seconds.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import structlog
from django.conf import settings
from redis import BlockingConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)
T = TypeVar("T")

PREFIX = "rate:"
SOCKET_SECONDS = 0.3
POOL_SECONDS = 1.0
MAX_CONNECTIONS = 32
BREAK_SECONDS = 5.0
MAX_LOCAL_KEYS = 10_000

# GCRA: the key holds the theoretical arrival time of the next slot, in microseconds.
RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, slack, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = math.max(0, arrival - slack - now)
if longest < 0 or wait <= longest then
  arrival = arrival + interval
  local kept = math.ceil((arrival - now) / 1000) + 1
  redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', string.format('%.0f', kept))
end
return string.format('%.0f', wait)
"""

# The same for several keys: all of them or none, in one round trip.
RESERVE_ALL = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local longest, wait, arrivals = tonumber(ARGV[1]), 0, {}
for number, key in ipairs(KEYS) do
  arrivals[number] = math.max(tonumber(redis.call('GET', key) or 0), now)
  wait = math.max(wait, arrivals[number] - now)
end
if wait <= longest then
  for number, key in ipairs(KEYS) do
    local arrival = arrivals[number] + tonumber(ARGV[number + 1])
    local kept = math.ceil((arrival - now) / 1000) + 1
    redis.call('SET', key, string.format('%.0f', arrival), 'PX', string.format('%.0f', kept))
  end
end
return string.format('%.0f', wait)
"""

HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class RateState:
    """Whether one more is allowed; if not, in how many seconds to come back."""

    allowed: bool
    retry_after: float = 0.0


def reserve(
    key: str, *, per_second: float, burst: float = 1, max_wait: float | None = None
) -> float:
    """Reserve the key's next slot and return the seconds to wait for it.

    A wait longer than `max_wait` reserves nothing, so that the caller can come back later.
    """
    interval = 1_000_000 / per_second
    slack = max(0.0, burst - 1) * interval
    longest = -1.0 if max_wait is None else max_wait * 1_000_000

    def shared(redis: Redis) -> float:
        script = redis.register_script(RESERVE)
        return float(script(keys=[PREFIX + key], args=[interval, slack, longest])) / 1_000_000

    return _ask(shared, lambda: _local.reserve(key, interval, slack, longest) / 1_000_000)


def reserve_all(per_second: Mapping[str, float], *, max_wait: float) -> float:
    """Reserve a slot of every key and return the seconds to wait for the last of them.

    A wait longer than `max_wait` reserves none.
    """
    if not per_second:
        return 0.0
    intervals = {key: 1_000_000 / rate for key, rate in per_second.items()}
    longest = max_wait * 1_000_000

    def shared(redis: Redis) -> float:
        keys = [PREFIX + key for key in intervals]
        script = redis.register_script(RESERVE_ALL)
        return float(script(keys=keys, args=[longest, *intervals.values()])) / 1_000_000

    return _ask(shared, lambda: _local.reserve_all(intervals, longest) / 1_000_000)


def hit(key: str, limit: int, window_seconds: float) -> RateState:
    """Count one use of the key; refuse it beyond `limit` within a window."""

    def shared(redis: Redis) -> tuple[int, float]:
        count, left = redis.register_script(HIT)(
            keys=[f"{PREFIX}hit:{key}"], args=[int(window_seconds * 1000)]
        )
        return int(count), int(left) / 1000

    count, left = _ask(shared, lambda: _local.hit(key, window_seconds))
    return RateState(True) if count <= limit else RateState(False, max(left, 0.001))


def forget(key: str) -> None:
    """Clear a throttle, as after a log-in that succeeded."""

    def shared(redis: Redis) -> None:
        redis.delete(f"{PREFIX}hit:{key}")

    _ask(shared, lambda: _local.forget(key))


class Breaker:
    """Lets one caller try again after a failure; the others go on without."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._try_at = 0.0

    def admits(self) -> bool:
        with self._lock:
            if not self._try_at:
                return True
            if time.monotonic() < self._try_at:
                return False
            self._try_at = time.monotonic() + BREAK_SECONDS
            return True

    def opened(self) -> bool:
        """Note a failure; True when it is news."""
        with self._lock:
            news, self._try_at = not self._try_at, time.monotonic() + BREAK_SECONDS
            return news

    def closed(self) -> None:
        self._try_at = 0.0


class LocalLimits:
    """The same two limits for one process, with a cap on the keys it remembers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: OrderedDict[str, float] = OrderedDict()
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def reserve(self, key: str, interval: float, slack: float, longest: float) -> float:
        with self._lock:
            now = time.monotonic() * 1_000_000
            arrival = max(self._arrivals.get(key, 0.0), now)
            wait = max(0.0, arrival - slack - now)
            if longest < 0 or wait <= longest:
                _remember(self._arrivals, key, arrival + interval)
            return wait

    def reserve_all(self, intervals: Mapping[str, float], longest: float) -> float:
        with self._lock:
            now = time.monotonic() * 1_000_000
            arrivals = {key: max(self._arrivals.get(key, 0.0), now) for key in intervals}
            wait = max(arrivals.values()) - now
            if wait <= longest:
                for key, interval in intervals.items():
                    _remember(self._arrivals, key, arrivals[key] + interval)
            return wait

    def hit(self, key: str, window_seconds: float) -> tuple[int, float]:
        with self._lock:
            now = time.monotonic()
            count, ends = self._counts.get(key, (0, 0.0))
            if now >= ends:
                count, ends = 0, now + window_seconds
            _remember(self._counts, key, (count + 1, ends))
            return count + 1, ends - now

    def forget(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)


def _remember(table: OrderedDict[str, T], key: str, value: T) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > MAX_LOCAL_KEYS:
        table.popitem(last=False)


_local = LocalLimits()
breaker = Breaker()


@cache
def _redis(url: str) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=POOL_SECONDS,
        socket_timeout=SOCKET_SECONDS,
        socket_connect_timeout=SOCKET_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis(connection_pool=pool)


def _ask(shared: Callable[[Redis], T], alone: Callable[[], T]) -> T:
    """Ask Redis, or this process alone while Redis is away."""
    if not breaker.admits():
        return alone()
    try:
        answer = shared(_redis(settings.REDIS_URL))
    except (RedisError, OSError) as error:
        if breaker.opened():
            log.warning("rate_limits_local", error=type(error).__name__)
        return alone()
    breaker.closed()
    return answer
