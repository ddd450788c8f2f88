"""An article and an event of the agenda: written by one, let out by another, in the feeds, put right."""

from datetime import date, timedelta
from typing import Any

from deploy.local.actors import Actor
from deploy.local.demo.telling import Town, expect, good, once, say, table

_NEWSROOM = "/v1/news/articles"
_LISTED_DAYS, _EVENT_IN_DAYS = 2, 7


async def walk(town: Town) -> None:
    """Prints the way of the day's article and event; run again the same day it finds them as they are."""
    author, editor = await town.staff("news_author"), await town.staff("editor")
    article = await _publish(author, editor, _article(town.today), f"demo-news-{town.today}")
    before = await _in_feed(town, article)
    await _correct(editor, article, town.today)
    after = await _in_feed(town, article)
    expect(before["id"] == after["id"] == f"urn:uuid:{article}", "the id in the feed never changes")
    await _show(town, article, after)
    event = await _publish(author, editor, _event(town), f"demo-agenda-{town.today}")
    await _show_event(town, event)


async def _publish(author: Actor, editor: Actor, body: dict[str, Any], key: str) -> str:
    """Draft, review, publication; the keys are the day's, so that a day has one of it. Answers the id."""
    draft = await once(author, _NEWSROOM, body, f"{key}-draft")
    path = f"{_NEWSROOM}/{draft['id']}"
    await once(author, f"{path}/submit", {}, f"{key}-submit")
    own = await author.call("POST", f"{path}/publish", body={})
    expect(own.status_code == 403, "who wrote it cannot publish it")
    await once(editor, f"{path}/publish", {"note": "demo: dibaca"}, f"{key}-publish")
    say(f"{body['kind']:<9} {draft['title']['id']}")
    say("          written by the author, refused to her (403), read and published by the editor")
    found: str = draft["id"]
    return found


async def _correct(editor: Actor, article: str, today: str) -> None:
    body = _article(today)
    body["body"]["id"] = body["body"]["id"].replace("pukul 08.00", "pukul 09.00")
    note = {"id": "demo: pukul 09.00, bukan pukul 08.00", "en": "demo: 9 o'clock, not 8"}
    path, sent = f"{_NEWSROOM}/{article}", {"article": body, "note": note}
    seen = good(await editor.call("GET", f"{path}/manuscript")).headers["ETag"]
    key = f"demo-news-{today}-correct"
    good(await editor.call("POST", f"{path}/correct", body=sent, key=key, **{"If-Match": seen}))


async def _in_feed(town: Town, article: str) -> dict[str, Any]:
    """The article in the JSON feed, which asks for no key."""
    feed = good(await town.http.get("/feeds/news.json")).json()
    found = [item for item in feed["items"] if item["id"].endswith(article)]
    expect(len(found) == 1, "the article stands in the feed, once")
    item: dict[str, Any] = found[0]
    return item


async def _show(town: Town, article: str, item: dict[str, Any]) -> None:
    read = await town.guest().get(f"{_NEWSROOM}/{article}")
    expect(read["corrected"] and len(read["corrections"]) == 1, "the correction is shown, once")
    say(f"corrected {read['corrections'][0]['at'][:19]}  {read['corrections'][0]['note']}")
    say(f"read at   {read['url']}  (source {read['source']}; gone from the lists {read['expires_at'][:10]})")
    say(f"feed      {item['id']}, the same before and after the correction")
    rows = []
    for form in ("atom", "rss", "json"):
        answer = good(await town.http.get(f"/feeds/news.{form}"))
        rows.append(
            (f"/feeds/news.{form}", answer.headers["content-type"].partition(";")[0], len(answer.content))
        )
    table(*rows, head=("for feed readers, no key", "type", "bytes"))
    say()


async def _show_event(town: Town, event: str) -> None:
    guest = town.guest()
    listed = [item for item in (await guest.get("/v1/news/agenda?limit=100"))["items"] if item["id"] == event]
    expect(len(listed) == 1, "the event stands in the agenda, once")
    calendar = good(await town.http.get(listed[0]["event"]["calendar"])).text
    say(f"calendar  {listed[0]['event']['calendar']}")
    begin, end = calendar.index("BEGIN:VEVENT"), calendar.index("END:VEVENT")
    for line in calendar[begin:end].splitlines():
        if line.startswith(("UID", "DTSTART", "SUMMARY", "LOCATION", "STATUS")):
            say(f"  {line}")


def _article(today: str) -> dict[str, Any]:
    return {
        "kind": "news",
        "title": {
            "id": f"demo: pasar peragaan {today}",
            "en": f"demo: a market that does not exist, {today}",
        },
        "summary": {"id": "demo: berita contoh; tidak ada yang benar-benar terjadi."},
        "body": {"id": "demo: pasar peragaan **buka pukul 08.00**. Berita ini hanya contoh."},
        "byline": "Demo Redaksi",
        "source": "demo",
        "expires_at": f"{_days_after(today, _LISTED_DAYS)}T00:00:00Z",
    }


def _event(town: Town) -> dict[str, Any]:
    day = _days_after(town.today, _EVENT_IN_DAYS)
    return {
        **_article(town.today),
        "kind": "agenda",
        "expires_at": f"{_days_after(day, _LISTED_DAYS)}T00:00:00Z",
        "title": {"id": f"demo: senam bersama {day}", "en": f"demo: exercise together, {day}"},
        "summary": {"id": "demo: acara contoh; tidak akan berlangsung."},
        "body": {"id": "demo: acara contoh untuk memperlihatkan agenda dan kalender."},
        "event": {
            "starts_on": day,
            "place": "Lapangan peragaan (demo)",
            "organiser": "Demo Penyelenggara",
            "point": town.point,
        },
    }


def _days_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
