"""Texts, links, addresses, signatures and ages: the pure rules, against what somebody hostile would send."""

import html
import unicodedata
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import nh3
import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from deploy.local.layout import EVERY_SERVICE
from gateway.fetching.rules import Refused, destination
from gateway.provided import rules
from gateway.provided.schemas import HomeIn
from gateway.providers.rules import end_of, is_signed, new_secret, state
from shared.outbound import is_public
from shared.routes import CityRoute

NOW = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Antrean <b>KTP-el</b>", "Antrean KTP-el"),
        ("<script>alert(1)</script>Buka", "Buka"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Buka", "Buka"),
        ("&amp;lt;img src=x onerror=alert(1)&amp;gt;Buka", "Buka"),
        ("harga < 5 & > 3", "harga < 5 & > 3"),
        ("satu\n\tdua\u2028tiga", "satu dua tiga"),
        ("gnp\u202egpj", "gnpgpj"),
        ("a\u200bb\ufeffc\u00add\x00\x1b[31me", "abcd[31me"),
        ("Cafe\u0301", "Café"),
        ("\u3164\u2800\uffa0", ""),
        ("a\u034f b", "a b"),
        ("Z" + "\u0335" * 100, "Z" + "\u0335" * 4),
    ],
)
def test_a_text_of_somebody_else_is_one_plain_line(said: str, shown: str) -> None:
    assert rules.plain(said) == shown


@given(st.text(max_size=200) | st.text(alphabet="<>&;/abltgscript\"' =#x0\u202e", max_size=200))
def test_no_text_becomes_markup_or_hides_anything_however_it_is_written(said: str) -> None:
    shown = rules.plain(said)
    assert html.unescape(nh3.clean(shown, tags=set())) == shown
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", shown)


@pytest.mark.parametrize("said", ["/v1/menus", "/", "https://antrean.example.go.id/a?b=c#d"])
def test_a_link_is_a_path_or_https(said: str) -> None:
    assert rules.link(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://example.go.id/",
        "//evil.example", "/\\evil.example", "/a/../b", "https://user@example.go.id/", "https://a:b@example.go.id/",
        "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://localhost/",
        "https://example.go.id:22/", "https://exam\u202eple.go.id/", "https:/example", "ftp://example.go.id/",
        "", "/" + "a" * 600, "/\u202e", "https://a.1/", "https://example.go.id/\n",
    ],
)  # fmt: skip
def test_every_other_link_is_refused(said: str) -> None:
    with pytest.raises(Refused):
        rules.link(said)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "https://127.0.0.1/", "http://example.go.id/"])
def test_only_in_development_is_this_machine_asked(url: str) -> None:
    with pytest.raises(Refused):
        destination(url)
    if "127" in url:
        assert destination(url, local=True).host == "127.0.0.1"
    else:
        with pytest.raises(Refused):
            destination(url, local=True)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
     "64:ff9b::a00:1", "2002:a00:1::", "100.64.0.1", "168.63.129.16", "nothing"],
)  # fmt: skip
def test_an_address_inside_is_not_global(address: str) -> None:
    assert not is_public(address)


def test_a_public_address_is_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")


def signed(
    secret: str, body: bytes = b'{"a":1}', at: datetime = NOW, message: str = "msg_1"
) -> dict[str, str]:
    seconds = str(int(at.timestamp()))
    return {
        "message": message,
        "sent_at": seconds,
        "signatures": Webhook(secret).sign(message, at, body.decode()),
    }


def test_a_message_is_signed_by_the_public_library_and_believed_for_five_minutes() -> None:
    secret, other = new_secret(), new_secret()
    for late in (timedelta(0), timedelta(minutes=5), -timedelta(minutes=5)):
        assert is_signed(b'{"a":1}', **signed(secret), keys=[other, secret], now=NOW + late)
    for late in (timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)):
        assert not is_signed(b'{"a":1}', **signed(secret), keys=[secret], now=NOW + late)


@pytest.mark.parametrize(
    "change",
    [
        {"message": "msg_2"}, {"message": ""}, {"sent_at": "now"}, {"sent_at": "9" * 40}, {"sent_at": "-1"},
        {"signatures": ""}, {"signatures": "v1,"}, {"signatures": "v1,not base64"}, {"signatures": "v2,AAAA"},
        {"signatures": "v1,AAAA " * 2_000},
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_a_signature_it_is_none(change: dict[str, str]) -> None:
    secret = new_secret()
    assert not is_signed(b'{"a":1}', **(signed(secret) | change), keys=[secret], now=NOW)


def test_a_body_that_was_changed_is_not_signed_and_one_good_signature_of_several_is_enough() -> None:
    secret = new_secret()
    assert not is_signed(b'{"a":2}', **signed(secret), keys=[secret], now=NOW)
    assert not is_signed(b"\xff", **signed(secret), keys=[secret], now=NOW)
    several = signed(secret)
    several["signatures"] = "v1a,xx v1,AAAA " + several["signatures"]
    assert is_signed(b'{"a":1}', **several, keys=[secret], now=NOW)


def test_an_agreement_ends_with_its_last_day_in_the_citys_zone() -> None:
    ends_at = end_of(date(2026, 2, 2), ZoneInfo("Asia/Jakarta"))
    assert ends_at == datetime(2026, 2, 2, 17, 0, tzinfo=UTC)
    assert state(suspended=True, ends_at=ends_at, now=ends_at) == "ended"
    assert state(suspended=True, ends_at=ends_at, now=NOW) == "suspended"


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (None, "unavailable"),
        (0, "ok"),
        (300, "ok"),
        (301, "stale"),
        (86_400, "stale"),
        (86_401, "unavailable"),
    ],
)
def test_a_section_says_how_old_it_is(age: int | None, shown: str) -> None:
    assert rules.state_of(None if age is None else NOW - timedelta(seconds=age), NOW) == shown


def test_sections_of_the_citys_own_services_stand_before_any_providers() -> None:
    services = [import_module(f"{each.package}.app").SERVICE for each in EVERY_SERVICE]
    routers = [router for service in services for router in service.routers]
    routes = [c.original_route for router in routers for c in iter_route_contexts(router.routes)]
    orders = {r.city.home.order for r in routes if isinstance(r, CityRoute) and r.city.home is not None}
    assert len(orders) >= 5
    assert max(orders) < rules.FIRST_ORDER
    assert HomeIn.model_validate({"section": "x", "title": {"id": "X"}, "order": rules.FIRST_ORDER})


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_whoever_fails_is_asked_again_within_a_minute_and_never_at_once(failures: int, luck: float) -> None:
    assert timedelta(seconds=4) < rules.pause(failures, luck) <= timedelta(seconds=60)
