"""No request of one reader changes what another one is given, and nobody reads past a bad token."""

from pathlib import Path
from typing import Any

import pytest

from shared.clock import ManualClock
from shared.testing import Keys
from tests.gateway.edge import test_forged as forged

P = "poison.example"
#: Of one answer alone.
VOLATILE = {"x-request-id", "x-cache", "age", "date", "ratelimit"}
NAMED_IN_VARY = {"accept", "accept-encoding", "x-app-platform", "x-app-version", "if-none-match"} | {
    "x-request-id", "x-identity", "x-deadline-ms", "traceparent",
}  # fmt: skip
OWN = ("/v1/menus", "/v1/bootstrap", "/v1/home", "/v1/search/types")
SERVICE = ("/v1/news/list", "/v1/news/list?limit=20", "/v1/news/list?limit=3", "/v1/news/pages/one")
#: Those who come after: what they send is ordinary.
VICTIMS: tuple[dict[str, str], ...] = (
    {},
    {"Accept-Language": "en"},
    {"X-App-Platform": "android", "X-App-Version": "1.10.0"},
    {"Origin": "https://app.example.go.id"},
    {"Accept-Encoding": "gzip"},
)
HEADERS: dict[str, dict[str, str]] = {
    "host": {"Host": P},
    "forwarded": {"Forwarded": f"for=1.2.3.4;host={P};proto=http", "Via": P},
    "x-forwarded": {f"X-Forwarded-{n}": P for n in ("For", "Host", "Proto", "Port", "Prefix", "Server")},
    "rewritten": dict.fromkeys(("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Path", "X-Real-Ip"), f"/{P}"),
    "overridden": dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), "PUT"),
    "accept": {"Accept": f"text/{P}"},
    "long accept": {"Accept": f"text/{P}," * 40},
    "language": {"Accept-Language": f"{P};q=9, ../../{P}, *;q=x"},
    "platform": {"X-App-Platform": P, "X-App-Version": P},
    "long platform": {"X-App-Platform": f"android{P}" * 9, "X-App-Version": "9" * 400},
    "coding": {"Accept-Encoding": f"{P}, gzip;q={P}, br;q=0"},
    "cookie": {"Cookie": f"a={P}", "User-Agent": P, "Referer": f"https://{P}/"},
    "origin": {"Origin": f"https://{P}"},
    "conditions": {"If-None-Match": f'"{P}"', "If-Modified-Since": P, "Cache-Control": f"no-cache, {P}"},
    "range": {"Range": "bytes=0-1"},
    "versions": {"If-Match": f'"{P}"', "If-Range": f'"{P}"'},
    "identity": {"X-Identity": P, "X-Device-Id": "poison-poison", "X-Follow-Token": P},
    "trace": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": P, "baggage": P},
    "hops": {"Connection": "x-api-key, accept-language", "TE": P, "Keep-Alive": P},
}  # fmt: skip
QUERIES = (
    f"{P}=1", f"limit=20&{P}", f"limit=3&limit=20&x={P}", f"limit=20;limit=3;{P}", "%6cimit=3", "limit=20%00",
    f"callback={P}", "limit=3&limit=20", f"of={P}&" * 60, f"of={P * 2_000}", "%ff=%fe", f"&&&={P}", "LIMIT=3",
)  # fmt: skip
PATHS = (
    "/v1/news/%2e%2e/news/list", "/v1/news/list;x=1", "/v1/news/list%3Flimit=3", "//v1/news/list",
    "/v1/news/./list", "/v1/news/list/", "/V1/NEWS/LIST", "/v1/news/li%73t", "/v1/news/list%20",
    "/v1/news/list%00", "/v1/news/pages/..%2flist", "/v1/news/list\\", "/v1/news/pages/%6fne", "/v1/menus;x",
    "/v1//menus", "/v1/%6denus",
)  # fmt: skip


class Repeated(list[dict[str, str]]):
    """What the service was asked; it says that again."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk

    def append(self, asked: dict[str, str]) -> None:
        """Notes it, just before it is answered."""
        super().append(asked)
        said = sorted(asked.items())
        self._desk.text = " ".join(f"{name}={value}" for name, value in said if name not in NAMED_IN_VARY)


async def read(town: Any, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """What a reader gets, without what is of one answer alone."""
    sent = {"Accept-Encoding": "identity", **headers}
    answer = await town.client.get(path, headers=sent)
    return answer.status_code, {n: v for n, v in answer.headers.items() if n not in VOLATILE}, answer.content


async def all_victims(town: Any) -> dict[Any, Any]:
    """Everything that everybody gets."""
    paths = (*OWN, *SERVICE)
    return {(path, n): await read(town, path, who) for path in paths for n, who in enumerate(VICTIMS)}


def cold(town: Any) -> None:
    """Nothing is kept of anybody; the service repeats what reaches it, but what it has to name in Vary."""
    town.kept.withdraw("gateway")
    desk = town.fresh()
    desk.asked = Repeated(desk)


async def attack(town: Any, name: str) -> None:
    """One way of asking that should leave no trace."""
    if name in HEADERS:
        for path in (*OWN, *SERVICE):
            await town.client.get(path, headers=HEADERS[name])
    elif name == "queries":
        for path in ("/v1/news/list", "/v1/menus"):
            for query in QUERIES:
                await town.client.get(f"{path}?{query}", headers={"X-Poison": P})
    elif name == "paths":
        for path in PATHS:
            await town.client.get(path, headers={"X-Poison": P})
    else:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"):
            for path in ("/v1/news/list", "/v1/menus", "/v1/home"):
                await town.client.request(method, path, content=f'{{"limit": "{P}"}}'.encode())


@pytest.mark.parametrize("name", [*HEADERS, "queries", "paths", "bodies and methods"])
async def test_whatever_somebody_sends_first_everybody_after_him_gets_what_they_always_get(
    town: Any, name: str
) -> None:
    cold(town)
    wanted = await all_victims(town)
    assert {status for status, _, _ in wanted.values()} == {200}
    cold(town)
    await attack(town, name)
    found = await all_victims(town)
    assert {place: each for place, each in found.items() if each != wanted[place]} == {}


@pytest.fixture
def attacks(keys: Keys, clock: ManualClock) -> forged.Attacks:
    """Bad tokens by name; where they are sent to ask for keys nobody listens."""
    now, key = int(clock.now().timestamp()), forged.read(Path(keys.private))
    typ, claims = forged.ACCESS
    whole = {**claims, "iat": now, "exp": now + forged.LIFETIME[typ]}
    head = {"alg": "ES256", "kid": key.kid, "typ": typ}
    good = forged.jwt.encode(head, whole, key)
    made = forged.unsigned(head, good, key, Path(keys.public).read_bytes())
    made |= forged.pointing_elsewhere(head, whole, key, "http://127.0.0.1:9")
    return made | forged.saying_something_else(head, whole, key, now) | forged.misshapen(good)


async def test_a_kept_answer_is_given_to_no_bad_token_by_any_method(
    town: Any, attacks: dict[str, str]
) -> None:
    bodies, asked = set(), town.metric("city_upstream_seconds_count", service="svc-news")
    for path in ("/v1/news/list", "/v1/menus"):
        tag = (await town.client.get(path)).headers["etag"]
        assert (await town.client.get(path)).headers["x-cache"] == "hit"
        asked = town.metric("city_upstream_seconds_count", service="svc-news")
        for name, token in attacks.items():
            headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "the-same-one"}
            answer = await town.client.get(path, headers=headers)
            assert answer.status_code == 401, (path, name)
            bodies.add(answer.content)
            for method, more in (("HEAD", {}), ("GET", {"If-None-Match": tag})):
                again = await town.client.request(method, path, headers=headers | more)
                assert (again.status_code, again.headers.get("x-cache")) == (401, None), (path, name)
    assert len(bodies) == 1
    assert town.metric("city_upstream_seconds_count", service="svc-news") == asked
