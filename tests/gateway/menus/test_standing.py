"""When a service counts as down, by its polls and its breaker."""

from gateway.services.rules import Standing

NOBODY: frozenset[str] = frozenset()


def test_who_is_silent_is_down_until_he_speaks() -> None:
    standing = Standing()
    assert standing.down({"a"}, {}, 0.0) == {"a"}
    assert standing.down(NOBODY, {}, 0.5) == NOBODY


def test_an_open_breaker_is_down_until_an_answer_closes_it() -> None:
    standing = Standing()
    assert standing.down(NOBODY, {"a": "open"}, 0.0) == {"a"}
    assert standing.down(NOBODY, {"a": "half-open"}, 2.5) == {"a"}
    assert standing.down(NOBODY, {}, 3.0) == NOBODY


def test_a_breaker_that_nobody_tries_again_is_trusted_after_a_while() -> None:
    standing = Standing()
    standing.down(NOBODY, {"a": "open"}, 0.0)
    assert standing.down(NOBODY, {"a": "half-open"}, 9.9) == {"a"}
    assert standing.down(NOBODY, {"a": "half-open"}, 10.1) == NOBODY
    assert standing.down(NOBODY, {"a": "open"}, 11.0) == {"a"}
