"""A fetch reaches public addresses alone, ends in time, and never holds more than it may."""

import gzip
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared import outbound
from shared.outbound import is_public
from svc_news.fetching.client import Asked, Fetched, Fetcher, FetchFailed, Limits
from svc_news.fetching.rules import Refused, destination, retry_after
from tests.svc_news import hostile
from tests.svc_news.hostile import MEGABYTE, Names, Outside, outside, redirect

NOW = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
AGENT = "Kota Contoh (+https://kota.example; redaksi@kota.example)"
HERE = frozenset({"127.0.0.1"})


@pytest.fixture
async def server() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


async def fetch(url: str, limits: Limits = Limits(), **more: Any) -> Fetched | None:
    asked = Asked(url, more.pop("etag", None), more.pop("last_modified", None))
    return await Fetcher(AGENT, limits, more.pop("admitted", HERE), **more).fetch(asked, NOW)


async def failure(url: str, limits: Limits = Limits(), **more: Any) -> str:
    with pytest.raises(FetchFailed) as error:
        await fetch(url, limits, **more)
    return error.value.code


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("103.1.2.3", True), ("1.1.1.1", True), ("172.15.0.1", True), ("172.32.0.1", True),
        ("100.63.0.1", True),
        ("2606:4700::1111", True), ("2404:6800:4003::200e", True), ("64:ff9b::101:101", True),
        ("127.0.0.1", False), ("127.255.255.254", False), ("0.0.0.1", False), ("10.1.2.3", False),
        ("172.16.0.1", False), ("172.31.255.255", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("100.100.100.200", False), ("192.0.0.192", False), ("198.18.0.1", False),
        ("224.0.0.1", False), ("255.255.255.255", False), ("240.0.0.1", False), ("168.63.129.16", False),
        ("::1", False), ("::", False), ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False),
        ("::ffff:1.1.1.1", False), ("::127.0.0.1", False), ("fe80::1", False), ("fe80::1%eth0", False),
        ("fc00::1", False), ("fd00:ec2::254", False), ("ff02::1", False), ("2001:db8::1", False),
        ("2002:7f00:1::", False), ("2001::1", False), ("64:ff9b::7f00:1", False), ("64:ff9b:1::1", False),
        ("x", False), ("", False),
    ],
)  # fmt: skip
def test_what_the_public_internet_is(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "refused_address"),
        ("http://[::1]/", "refused_address"),
        ("http://[::ffff:127.0.0.1]/", "refused_address"),
        ("http://169.254.169.254/latest/meta-data", "refused_address"),
        ("http://2130706433/", "refused_address"),
        ("http://0x7f000001/", "refused_address"),
        ("http://0177.0.0.1/", "refused_address"),
        ("http://127.1/", "refused_address"),
        ("http://0x7f.1/", "refused_address"),
        ("http://017700000001/", "refused_address"),
        ("http://127.0.0.1./", "refused_address"),
        ("http://①②⑦.⓪.⓪.①/", "refused_address"),
        ("http://127。0。0。1/", "refused_address"),
        ("http://[64:ff9b::a00:1]/", "refused_address"),
        ("http://[::ffff:7f00:1]/", "refused_address"),
        ("http://[fe80::1%25eth0]/", "refused_address"),
        ("http://[0:0:0:0:0:0:0:1]:8080/", "refused_address"),
        ("http://nama@kota.example/", "refused_url"),
        ("http://nama:sandi@kota.example/", "refused_url"),
        ("http://kota.example:22/", "refused_url"),
        ("http://kota.example:6379/", "refused_url"),
        ("ftp://kota.example/", "refused_url"),
        ("file:///etc/passwd", "refused_url"),
        ("gopher://kota.example/", "refused_url"),
        ("javascript:alert(1)", "refused_url"),
        ("/only/a/path", "refused_url"),
        ("http://", "refused_url"),
        ("http:///x", "refused_url"),
        ("http://kota.example/\r\nX: y", "refused_url"),
        ("http://kota.example/ x", "refused_url"),
        ("http://kota.example\\@127.0.0.1/", "refused_url"),
        ("http://[::1", "refused_url"),
        ("http://kota.example:99999/", "refused_url"),
        ("http://kota.example/" + "x" * 2_000, "refused_url"),
        ("", "refused_url"),
    ],
)
def test_addresses_that_are_refused_before_anything_is_sent(url: str, code: str) -> None:
    with pytest.raises(Refused) as error:
        destination(url)
    assert error.value.code == code


def test_addresses_that_may_be_fetched() -> None:
    for url in ("https://kota.example/rss.xml?a=1", "http://kota.example:8080/", "https://bücher.example/"):
        assert destination(url).host
    assert str(destination("https://kota.example/a#b")) == "https://kota.example/a"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), (" 0 ", 0), ("99999999999999", 86_400), ("Mon, 02 Feb 2026 02:10:00 GMT", 600),
     ("Mon, 02 Feb 2020 02:10:00 GMT", 0), ("Fri, 31 Dec 2999 00:00:00 GMT", 86_400), ("-5", None),
     ("soon", None), ("", None), (None, None)],
)  # fmt: skip
def test_how_long_a_server_asks_to_be_left_alone(value: str | None, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(value, NOW) == expected


async def test_a_visit_says_who_it_is_and_carries_nothing_else(server: Outside) -> None:
    url = server.page(
        "/", "<rss/>", Content_Type="application/rss+xml; charset=Latin1", ETag='"1"', Set_Cookie="a=b"
    )
    found = await fetch(url)
    assert found == Fetched(url, b"<rss/>", "Latin1", '"1"', None, None)
    sent = server.headers["/"]
    assert sent["user-agent"] == AGENT.lower()
    assert sent.keys() <= {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert (await fetch(url)) is not None
    assert "cookie" not in server.headers["/"]


async def test_what_has_not_changed_is_not_sent_again(server: Outside) -> None:
    url = server.page("/", "", "304 Not Modified")
    assert await fetch(url, etag='"1"', last_modified="Mon, 02 Feb 2026 02:10:00 GMT") is None
    assert server.headers["/"]["if-none-match"] == '"1"'
    assert server.headers["/"]["if-modified-since"] == "mon, 02 feb 2026 02:10:00 gmt"
    assert await failure(url) == "http_status"  # it was not asked


@pytest.mark.parametrize(
    ("status", "code"),
    [("401 x", "forbidden"), ("403 x", "forbidden"), ("404 x", "not_found"), ("410 x", "gone"),
     ("418 x", "http_status"), ("429 x", "too_many_requests"), ("500 x", "server_error"),
     ("503 x", "server_error"), ("204 x", "http_status")],
)  # fmt: skip
async def test_a_refusal_has_its_name(server: Outside, status: str, code: str) -> None:
    with pytest.raises(FetchFailed) as error:
        await fetch(server.page("/", "", status, Retry_After="90"))
    assert (error.value.code, error.value.wait) == (code, timedelta(seconds=90))


async def test_redirects_are_followed_five_times_and_never_in_a_circle(server: Outside) -> None:
    def on(path: str) -> str:
        return f"/to?{int(path.partition('?')[2]) - 1}" if not path.endswith("?1") else "/end"

    server.answers["/to"] = redirect(on, 301)
    end = server.page("/end", "x")
    found = await fetch(server.url("/to?5"))
    assert found is not None
    assert (found.url, found.moved_to) == (end, end)
    assert await failure(server.url("/to?6")) == "too_many_redirects"
    server.answers["/circle"] = redirect(lambda _: "/circle")
    assert await failure(server.url("/circle")) == "redirect_loop"
    server.answers["/more"] = redirect(lambda path: f"{path}x")
    assert await failure(server.url("/more?x")) == "too_many_redirects"
    assert sum(n for path, n in server.asked.items() if path.startswith("/more")) == 6
    server.answers["/once"] = redirect(lambda _: "/end", 302)
    found = await fetch(server.url("/once"))
    assert found is not None
    assert found.moved_to is None


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://127.0.0.2:{port}/", "refused_url"),
        ("http://127.0.0.2/", "refused_address"),
        ("http://10.0.0.1/", "refused_address"),
        ("http://[::1]/", "refused_address"),
        ("http://169.254.169.254/", "refused_address"),
        ("//2130706433/", "refused_address"),
        ("http://a:b@127.0.0.1:{port}/", "refused_url"),
        ("file:///etc/passwd", "refused_url"),
        ("gopher://127.0.0.1/", "refused_url"),
        ("", "redirect_loop"),
    ],
)
async def test_a_redirect_is_judged_like_the_first_address(server: Outside, to: str, code: str) -> None:
    async with outside("127.0.0.2") as inside:
        inside.page("/", "secret")
        server.answers["/"] = redirect(lambda _: to.format(port=inside.port))
        assert await failure(server.url("/")) == code
        assert not inside.asked


async def test_a_name_that_leads_inside_is_not_connected_to(server: Outside) -> None:
    server.page("/", "secret")
    names = Names(
        private_example=["10.0.0.1"],
        local_example=["127.0.0.1"],
        both_example=["127.0.0.1 103.1.2.3", "103.1.2.3 127.0.0.1"],
        mapped_example=["::ffff:127.0.0.1"],
        metadata_example=["169.254.169.254"],
    )
    for name in names.known:
        code = await failure(f"http://{name}/", resolver=names, admitted=frozenset())
        assert code == "refused_address", name
    assert await failure("http://localhost/", admitted=frozenset()) == "refused_address"  # by its real name
    assert await failure("http://nowhere.example/", resolver=names) == "dns"
    assert not server.asked


async def test_a_name_that_changes_its_mind_is_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first answer is fine, the next one, for the redirect to itself, leads inside."""
    async with outside("127.0.0.2") as inside, outside() as server:
        inside.page("/", "secret")
        monkeypatch.setattr("svc_news.fetching.rules.PORTS", frozenset({server.port, inside.port}))
        names = Names(rebind_example=["127.0.0.1", "127.0.0.2"])
        server.answers["/"] = redirect(lambda _: f"http://rebind.example:{inside.port}/")
        url = f"http://rebind.example:{server.port}/"
        assert await failure(url, resolver=names) == "refused_address"
        assert (names.asked["rebind.example"], server.asked["/"], sum(inside.asked.values())) == (2, 1, 0)


async def test_the_very_address_connected_to_is_checked_last(server: Outside) -> None:
    """Whatever a resolver let through, no socket is made for an address inside."""
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1"):
        with pytest.raises(outbound.Inside):
            outbound._socket(frozenset().__contains__, (2, 1, 6, "", (address, 80)))


@pytest.mark.parametrize("answer", [hostile.hang, hostile.trickle])
async def test_a_server_that_takes_too_long_is_left(server: Outside, answer: Any) -> None:
    server.answers["/"] = answer
    assert await failure(server.url("/"), Limits(total=0.5, first_byte=0.4)) == "timeout"


@pytest.mark.parametrize(
    "answer", [hostile.cut_off, hostile.garbage, hostile.long_header, hostile.members, hostile.nothing]
)
async def test_an_answer_that_is_broken_is_no_document(server: Outside, answer: Any) -> None:
    server.answers["/"] = answer
    assert await failure(server.url("/")) == "broken_answer"


@pytest.mark.parametrize("answer", [hostile.endless, hostile.bomb])
async def test_a_hundred_megabytes_are_left_after_five(server: Outside, answer: Any) -> None:
    server.answers["/"] = answer
    await failure(server.url("/"))  # the bomb is made before it is measured
    server.sent = 0
    tracemalloc.start()
    try:
        assert await failure(server.url("/")) == "too_large"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert server.sent < 30 * MEGABYTE
    assert peak < 40 * MEGABYTE, peak


async def test_a_body_that_says_it_is_too_long_is_not_read(server: Outside) -> None:
    url = server.page("/", b"", Content_Type="text/xml")
    server.answers["/"] = partial(_said, length=10_000_000)
    assert await failure(url) == "too_large"


async def _said(server: Outside, path: str, headers: Any, writer: Any, length: int) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())


async def test_compressed_bodies_are_read(server: Outside) -> None:
    packed = gzip.compress(b"<rss/>" * 1_000)
    found = await fetch(server.page("/", packed, Content_Encoding="gzip"))
    assert found is not None
    assert found.body == b"<rss/>" * 1_000
    assert await failure(server.page("/", b"no gzip", Content_Encoding="gzip")) == "broken_answer"
    assert await failure(server.page("/", b"x", Content_Encoding="br")) == "broken_answer"


async def test_nobody_there(server: Outside) -> None:
    server.port = 1
    assert await failure(server.url("/")) == "connection"
