"""What is made up says so wherever it is read, and the people of the demonstration can bring it out."""

import json
from pathlib import Path

import pytest
import yaml
from icalendar import Calendar
from lxml import etree

from shared.auth import Caller
from svc_news.articles.rules import Role
from tests.svc_news.feed_rules import ATOM
from tests.svc_news.newsroom import TANGERANG, Newsroom, article, event

CITIES = sorted((Path(__file__).parents[2] / "deploy" / "cities").glob("*/demo-users.yaml"))


async def published_demo(newsroom: Newsroom) -> dict[str, str]:
    """An event that is made up, in the agenda of the public."""
    made = await newsroom.published(kind="agenda", source="demo", districts=[TANGERANG], tags=["budaya"])
    return {"id": made["id"], "slug": made["slug"]}


async def test_every_answer_and_every_document_of_a_made_up_article_says_demo(newsroom: Newsroom) -> None:
    made = await published_demo(newsroom)
    for path in ("/v1/news/articles", "/v1/news/agenda"):
        (item,) = (await newsroom.get(path)).json()["items"]
        assert item["source"] == "demo", path
    found = await newsroom.read(made["slug"])
    assert found["source"] == "demo"
    assert "demo" in found["json_ld"]["@graph"][0]["keywords"]
    for path in ("queue", f"articles/{made['id']}/manuscript"):
        shown = (await newsroom.get(f"/v1/news/{path}", newsroom.editor)).json()
        assert shown.get("items", [shown])[0]["source"] == "demo"
    (document,) = [d for kind, _, d in await newsroom.told(made["id"]) if "document_published" in kind]
    assert document["source"] == "demo"
    snapshot = (await newsroom.get("/internal/snapshots/documents", Caller(kind="system"))).json()
    assert snapshot["items"][0]["data"] == document


async def test_every_feed_and_calendar_of_a_made_up_article_says_demo(newsroom: Newsroom) -> None:
    await published_demo(newsroom)
    atom = etree.fromstring((await newsroom.get("/feeds/news.atom")).content)
    assert "demo" in [each.get("term") for each in atom.iter(f"{ATOM}category")]
    rss = etree.fromstring((await newsroom.get("/feeds/news.rss")).content)
    assert "demo" in [each.text for each in rss.iter("category")]
    feed = json.loads((await newsroom.get("/feeds/news.json")).content)
    assert "demo" in feed["items"][0]["tags"]
    calendar = Calendar.from_ical((await newsroom.get("/v1/news/agenda.ics")).content)
    (found,) = calendar.walk("VEVENT")
    assert [str(each) for each in found["CATEGORIES"].cats] == ["budaya", "demo"]


async def test_what_is_made_up_never_becomes_real_and_what_is_real_never_made_up(newsroom: Newsroom) -> None:
    made = await newsroom.draft(source="demo")
    refused = await newsroom.put(newsroom.author, made, article(source="newsroom"))
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("source", "fixed")]
    kept = (await newsroom.put(newsroom.author, made, article())).json()
    assert kept["source"] == "demo"
    await newsroom.act(newsroom.author, kept, "submit")
    shown = await newsroom.act(newsroom.editor, kept, "publish")
    assert (await newsroom.corrected(shown))["source"] == "demo"
    real = await newsroom.published()
    assert real["source"] == "newsroom"
    body = {"article": article(source="demo"), "note": {"id": "Demo"}}
    refused = await newsroom.post(newsroom.editor, f"/{real['id']}/correct", body, If_Match="*")
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("article.source", "fixed")]
    unknown = await newsroom.post(newsroom.author, "", article(source="real"))
    assert [e["field"] for e in unknown.json()["errors"]] == ["source"]


@pytest.mark.parametrize("path", CITIES, ids=[path.parent.name for path in CITIES])
async def test_the_people_of_a_citys_demonstration_can_bring_out_an_article_and_an_event(
    newsroom: Newsroom, path: Path
) -> None:
    """One writes, somebody else lets it out, corrects it, cancels it."""
    staff = {each["key"]: each for each in yaml.safe_load(path.read_text())["staff"]}
    writer, editor = (
        Caller(kind="staff", sub=staff[key]["username"], roles=frozenset(staff[key]["roles"]))
        for key in (Role.AUTHOR, Role.EDITOR)
    )
    for kind in ("announcement", "agenda"):
        given = {"event": event()} if kind == "agenda" else {}
        made = await newsroom.draft(writer, kind=kind, source="demo", **given)
        await newsroom.act(writer, made, "submit")
        shown = await newsroom.act(editor, made, "publish")
        body = {"article": article(kind=kind, **given), "note": {"id": "Demo: jamnya diperbaiki"}}
        await newsroom.act(editor, shown, "correct", body)
        found = await newsroom.read(made["id"])
        assert (found["source"], found["corrected"]) == ("demo", True)
    gone = await newsroom.act(editor, made, "cancel", {"reason": {"id": "Demo: hujan"}})
    assert gone["actions"] == ["correct", "withdraw"]
