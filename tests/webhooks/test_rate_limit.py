"""If these fail, one noisy address starves the vendors, or the vendors are turned away for nothing."""

from __future__ import annotations

import pytest

from sonitemi_pipelines.webhooks.rate_limit import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_and_then_the_rate_holds() -> None:
    clock = Clock()
    limiter = RateLimiter(10, 20, clock=clock)
    assert [limiter.wait("192.0.2.1") for _ in range(20)] == [0.0] * 20
    assert limiter.wait("192.0.2.1") == pytest.approx(0.1)
    assert limiter.wait("192.0.2.2") == 0.0, "another address is not held back"
    allowed = 0
    for _ in range(1000):
        clock.now += 0.01
        allowed += limiter.wait("192.0.2.1") == 0.0
    assert 99 <= allowed <= 101


def test_the_wait_it_names_is_enough() -> None:
    clock = Clock()
    limiter = RateLimiter(0.5, 1, clock=clock)
    assert limiter.wait("a") == 0.0
    clock.now += limiter.wait("a") + 1e-9
    assert limiter.wait("a") == 0.0


def test_an_ipv6_subscriber_cannot_dodge_by_changing_address() -> None:
    limiter = RateLimiter(1, 1, clock=Clock())
    assert limiter.wait("2001:db8:0:1::1") == 0.0
    assert limiter.wait("2001:db8:0:1:ffff::2") > 0
    assert limiter.wait("2001:db8:0:2::1") == 0.0
    assert limiter.wait("::ffff:192.0.2.1") == 0.0
    assert limiter.wait("::ffff:192.0.2.2") == 0.0


def test_memory_is_bounded_and_those_seen_last_are_remembered() -> None:
    limiter = RateLimiter(1, 1, addresses=3, clock=Clock())
    for last in range(10):
        assert limiter.wait(f"192.0.2.{last}") == 0.0
    assert limiter.wait("192.0.2.9") > 0
    assert limiter.wait("192.0.2.0") == 0.0
