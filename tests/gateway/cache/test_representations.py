"""One answer in several forms: compressed, as a head, as 304."""

import gzip
from typing import Any

import brotli
import pytest

from gateway.edge.cache import codings


async def read(town: Any, accept: str | None = None, **headers: str) -> Any:
    """Status, headers and the very bytes that came."""
    named = {n.replace("_", "-"): v for n, v in headers.items()}
    sent = {"Accept-Encoding": accept} if accept is not None else {}
    async with town.client.stream("GET", "/v1/news/list", headers=sent | named) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


async def test_each_coding_is_made_once_and_has_a_strong_tag_of_its_own(town: Any) -> None:
    plain = (await read(town, "identity"))[1]
    tags = set()
    for accept, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress), ("identity", bytes)):
        answer, body = await read(town, accept)
        assert unpack(body) == plain
        assert answer.headers.get("content-encoding", "identity") == accept
        assert answer.headers["content-length"] == str(len(body))
        assert "Accept-Encoding" in answer.headers["vary"]
        tags.add(answer.headers["etag"])
    assert len(tags) == 3
    assert all(tag.startswith('"') for tag in tags)
    assert len(town.desk.asked) == 1
    entry = next(iter(town.kept.store.near.values()))
    made = [*entry.shown]
    await read(town, "br")
    assert all(one is other for one, other in zip(made, entry.shown, strict=True))


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("*", "br"),
        ("br;q=0, *;q=0.1, identity;q=0", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip;q=0.2, identity;q=0.9", "identity"),
        ("identity;q=0", "identity"),
        ("gzip;q=nan, br;q=many", "identity"),
        ("GZIP", "gzip"),
        ("gzip, " * 100, "identity"),
    ],
)
def test_the_best_coding_a_client_takes(accept: str | None, coding: str) -> None:
    found = codings.best(accept.encode() if accept is not None else None)
    assert codings.NAMES[found].decode() == coding


async def test_what_is_short_stays_as_it_is_unless_a_client_insists(town: Any) -> None:
    town.desk.text = "Jalan ditutup"
    assert "content-encoding" not in (await read(town, "gzip, br"))[0].headers
    answer, body = await read(town, "gzip, identity;q=0")
    assert (answer.headers["content-encoding"], gzip.decompress(body)) == ("gzip", b"id: Jalan ditutup")


async def test_a_large_answer_is_compressed_beside_the_loop(town: Any) -> None:
    town.desk.text = "Jalan ditutup. " * 20_000
    answer, body = await read(town, "br")
    assert brotli.decompress(body).endswith(b"ditutup. ")
    assert answer.headers["x-cache"] == "miss"
    assert (await read(town, "br"))[1] == body


async def test_whoever_holds_an_answer_is_told_so_out_of_memory(town: Any) -> None:
    tags = [(await read(town, accept))[0].headers["etag"] for accept in ("identity", "gzip", "br")]
    for offered in (*tags, f'"other", W/{tags[1]}', "*", f"W/{tags[0]}"):
        answer, body = await read(town, "br", If_None_Match=offered)
        assert (answer.status_code, body) == (304, b"")
        assert answer.headers["etag"] == tags[2]
        assert answer.headers["cache-control"] == "public, no-cache"
        assert answer.headers["x-cache"] == "hit"
        assert answer.headers["x-request-id"]
        assert not {"content-type", "content-encoding"} & set(answer.headers)
    for offered in ('"other"', tags[0].strip('"'), ""):
        assert (await read(town, "br", If_None_Match=offered))[0].status_code == 200
    head = await town.client.head("/v1/news/list", headers={"If-None-Match": tags[0]})
    assert head.status_code == 304
    assert len(town.desk.asked) == 1


async def test_a_cold_read_that_names_the_answer_is_304_too(town: Any) -> None:
    etag = (await town.get()).headers["etag"]
    town.fresh()
    answer = await town.get(If_None_Match=etag)
    assert (answer.status_code, answer.headers["x-cache"]) == (304, "miss")
    assert "if-none-match" not in town.desk.asked[0]


async def test_a_date_counts_where_no_tag_is_sent(town: Any) -> None:
    town.desk.headers = {"Last-Modified": "Mon, 02 Feb 2026 02:00:00 GMT"}
    for since, status in (
        ("Mon, 02 Feb 2026 02:00:00 GMT", 304),
        ("Tue, 03 Feb 2026 02:00:00 GMT", 304),
        ("Sun, 01 Feb 2026 02:00:00 GMT", 200),
        ("yesterday", 200),
    ):
        assert (await town.get(If_Modified_Since=since)).status_code == status
    newer = {"If_Modified_Since": "Tue, 03 Feb 2026 02:00:00 GMT", "If_None_Match": '"other"'}
    assert (await town.get(**newer)).status_code == 200


async def test_a_weak_tag_of_a_service_becomes_a_strong_one_here(town: Any) -> None:
    town.desk.headers = {"ETag": 'W/"a"'}
    first = await town.get()
    assert first.headers["etag"].startswith('"')
    town.kept.purge(["news"])
    await town.get()
    assert town.desk.asked[-1]["if-none-match"] == 'W/"a"'
