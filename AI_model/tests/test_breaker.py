"""When a failing provider is left alone, and when it is tried again."""

from AI_model.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def broken(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock)
    for _ in range(5):
        breaker.failed()
    return breaker


def test_five_failures_in_a_row_open_it() -> None:
    breaker = Breaker(clock=Clock())
    allowed = []
    for _ in range(5):
        allowed.append(breaker.allows())
        breaker.failed()
    assert allowed == [True] * 5
    assert not breaker.allows()


def test_failures_far_apart_do_not_open_it() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(10):
        breaker.failed()
        clock.now += 8
    assert breaker.allows()


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(clock=Clock())
    for _ in range(4):
        breaker.failed()
    breaker.succeeded()
    for _ in range(4):
        breaker.failed()
    assert breaker.allows()


def test_after_a_while_one_caller_may_probe() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now += 15
    assert [breaker.allows(), breaker.allows()] == [True, False]


def test_a_good_probe_closes_it_and_a_bad_one_does_not() -> None:
    clock = Clock()
    good, bad = broken(clock), broken(clock)
    clock.now += 15
    assert good.allows() and bad.allows()
    good.succeeded()
    bad.failed()
    assert [good.allows(), good.allows(), bad.allows()] == [True, True, False]
    clock.now += 15
    assert bad.allows()


def test_a_pause_the_vendor_asked_for_is_kept() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    breaker.hold(40)
    clock.now += 39
    assert not breaker.allows()
    clock.now += 1
    assert breaker.allows()
