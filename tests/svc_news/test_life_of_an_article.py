"""From the first draft to the day it is taken back, by whom each step belongs to."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.testing import Keys, in_process, rolled_back
from svc_news.app import create_app
from svc_news.settings import NewsSettings
from tests.svc_news.newsroom import JATIUWUNG, TANGERANG, Newsroom, article


async def test_what_an_author_writes_an_editor_publishes_and_everybody_reads(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    assert (made["state"]["code"], made["actions"]) == ("draft", ["revise", "submit", "discard"])
    assert (await newsroom.get(f"/v1/news/articles/{made['id']}")).status_code == 404
    await newsroom.act(newsroom.author, made, "submit", {"note": "Demo: mohon diperiksa"})
    done = await newsroom.act(newsroom.editor, made, "publish")
    assert done["slug"] == "demo-taman-kota-dibuka"
    for language, title in (("id", "Demo: taman kota dibuka"), ("en", "Demo: city park opens")):
        found = await newsroom.read(done["slug"], Accept_Language=language)
        assert (found["title"], found["language"]) == (title, language)
    now = newsroom.clock.now().astimezone(newsroom.run.city.zone)
    assert (found["published_at"], found["published_at"][-6:]) == (now.isoformat(), "+07:00")
    assert "<strong>taman</strong>" in found["html"]
    assert await newsroom.listed() == [made["id"]]


async def test_nobody_publishes_or_corrects_her_own_text(newsroom: Newsroom) -> None:
    made = await newsroom.draft(newsroom.editor)
    await newsroom.act(newsroom.editor, made, "submit")
    manuscript = f"/v1/news/articles/{made['id']}/manuscript"
    seen = [
        (await newsroom.get(manuscript, who)).json()["actions"] for who in (newsroom.editor, newsroom.deputy)
    ]
    assert seen == [
        ["revise", "send_back", "discard"],
        ["revise", "send_back", "schedule", "publish", "discard"],
    ]
    for action, body in (("publish", None), ("schedule", {"at": "2026-02-03T09:00:00+07:00"})):
        refused = await newsroom.post(newsroom.editor, f"/{made['id']}/{action}", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "own_text")
    done = await newsroom.act(newsroom.deputy, made, "publish")
    correction = {"article": article(), "note": {"id": "Demo"}}
    refused = await newsroom.post(newsroom.editor, f"/{made['id']}/correct", correction, If_Match="*")
    assert refused.json()["code"] == "own_text"
    assert (await newsroom.withdrawn(done))["state"]["code"] == "withdrawn"


async def test_of_two_corrections_of_one_text_neither_swallows_the_other(newsroom: Newsroom) -> None:
    """Both editors read the same version; the second has to read what the first put right."""
    made = await newsroom.published()
    path, seen = f"/{made['id']}/correct", f'"{made["version"]}.x"'
    first, second = [
        {"article": article(title=f"Demo: judul {n}"), "note": {"id": f"Demo: {n}"}} for n in (1, 2)
    ]
    blind = await newsroom.post(newsroom.editor, path, first)
    assert (blind.status_code, [e["field"] for e in blind.json()["errors"]]) == (422, ["if-match"])
    done = await newsroom.post(newsroom.editor, path, first, If_Match=seen)
    late = await newsroom.post(newsroom.deputy, path, second, If_Match=seen)
    assert (done.status_code, late.status_code) == (200, 412)
    assert (await newsroom.read(made["id"]))["title"] == "Demo: judul 1"


async def test_an_editor_who_changed_a_text_in_review_has_written_it_too(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    sent = await newsroom.act(newsroom.author, made, "submit")
    changed = await newsroom.put(newsroom.editor, sent, article(title="Demo: judul redaktur"))
    assert (changed.status_code, changed.json()["actions"]) == (200, ["revise", "send_back", "discard"])
    refused = await newsroom.post(newsroom.editor, f"/{made['id']}/publish")
    assert refused.json()["code"] == "own_text"
    assert (await newsroom.act(newsroom.deputy, made, "publish"))["slug"] == "demo-judul-redaktur"


async def test_a_city_with_one_editor_lets_her_publish_what_she_wrote(
    databases: Any, settings_for: Callable[..., NewsSettings], keys: Keys, newsroom: Newsroom
) -> None:
    settings = settings_for(NewsSettings, databases.new("svc_news"), single_editor=True)
    small = create_app(settings, newsroom.clock)
    async with rolled_back(small.state.runtime.database), in_process(small) as client:
        alone = Newsroom(small, client, keys, newsroom.clock)
        made = await alone.draft(alone.editor)
        await alone.act(alone.editor, made, "submit")
        assert (await alone.act(alone.editor, made, "publish"))["state"]["code"] == "published"
    await small.state.runtime.database.close()


@pytest.mark.parametrize(
    ("state", "steps", "allowed"),
    [
        ("draft", [], {"submit", "discard"}),
        ("review", ["submit"], {"send-back", "schedule", "publish", "discard"}),
        ("scheduled", ["submit", "schedule"], {"schedule", "unschedule", "publish"}),
        ("published", ["submit", "publish"], {"correct", "withdraw"}),
        ("corrected", ["submit", "publish", "correct"], {"correct", "withdraw"}),
        ("withdrawn", ["submit", "publish", "withdraw"], set()),
        ("discarded", ["discard"], set()),
    ],
)
async def test_each_state_allows_its_steps_and_no_others(
    newsroom: Newsroom, state: str, steps: list[str], allowed: set[str]
) -> None:
    bodies: dict[str, Any] = {
        "send-back": {"note": "Demo"},
        "schedule": {"at": (newsroom.clock.now() + timedelta(days=1)).isoformat()},
        "correct": {"article": article(), "note": {"id": "Demo"}},
        "cancel": {"reason": {"id": "Demo"}},
        "withdraw": {"reason": {"id": "Demo"}},
    }
    every = {
        "submit",
        "send-back",
        "schedule",
        "unschedule",
        "publish",
        "correct",
        "cancel",
        "withdraw",
        "discard",
    }
    for action in sorted(every):
        made = await newsroom.draft()
        for step in steps:
            made = await newsroom.act(newsroom.editor, made, step, bodies.get(step))
        assert made["state"]["code"] == state
        path = f"/{made['id']}/{action}"
        answer = await newsroom.post(newsroom.editor, path, bodies.get(action), If_Match="*")
        assert (action.replace("-", "_") in made["actions"]) is (action in allowed), made["actions"]
        wanted = (200, None) if action in allowed else (409, "wrong_state")
        assert (answer.status_code, answer.json().get("code")) == wanted, action


async def test_an_author_sees_her_own_articles_alone_and_no_editors_step_is_hers(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    for path in ("manuscript", "revisions"):
        url = f"/v1/news/articles/{made['id']}/{path}"
        assert (await newsroom.get(url, newsroom.author)).status_code == 200
        assert (await newsroom.get(url, newsroom.editor)).status_code == 200
        assert (await newsroom.get(url, newsroom.colleague)).status_code == 404
        assert (await newsroom.get(url)).status_code == 401
        assert (await newsroom.get(url, newsroom.citizen)).status_code == 403
    assert (await newsroom.put(newsroom.colleague, made, article())).status_code == 404
    assert (await newsroom.post(newsroom.colleague, f"/{made['id']}/submit")).status_code == 404
    assert (await newsroom.post(newsroom.author, f"/{made['id']}/publish")).status_code == 403
    queues = [await newsroom.get("/v1/news/queue", who) for who in (newsroom.colleague, newsroom.editor)]
    assert [len(queue.json()["items"]) for queue in queues] == [0, 1]


async def test_an_editor_sends_back_with_a_note_and_every_revision_is_kept(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    sent = await newsroom.act(newsroom.author, made, "submit")
    back = await newsroom.act(newsroom.editor, sent, "send-back", {"note": "Demo: tambahkan sumber"})
    await newsroom.put(newsroom.author, back, article(body="Demo: dengan sumber"))
    rows = await newsroom.get(f"/v1/news/articles/{made['id']}/revisions", newsroom.author)
    told = [(r["version"], r["action"], r["by"], r["note"]) for r in rows.json()["items"]]
    assert told == [
        (4, "revise", "s-author", None),
        (3, "send_back", "s-editor", "Demo: tambahkan sumber"),
        (2, "submit", "s-author", None),
        (1, "create", "s-author", None),
    ]
    assert rows.json()["items"][0]["content"]["body"] == {"id": "Demo: dengan sumber"}
    assert rows.json()["items"][3]["content"]["body"] == {"id": "Demo: **taman** dibuka pagi ini."}


@pytest.mark.parametrize("table", ["article_revisions", "article_corrections"])
@pytest.mark.parametrize("change", ["UPDATE {} SET version = 9", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_itself_refuses_to_change_what_was_written(
    app: Any, databases: Any, table: str, change: str
) -> None:
    url = databases.owner_url(app.state.runtime.settings.database_url.get_secret_value())
    connection = await asyncpg.connect(url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(change.format(table))
    finally:
        await connection.close()


async def test_two_people_do_not_swallow_each_others_changes(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    assert (await newsroom.put(newsroom.author, made, article(title="Demo: satu"))).status_code == 200
    late = await newsroom.put(newsroom.editor, made, article(title="Demo: dua"))
    assert (late.status_code, late.json()["code"]) == (412, "version_stale")
    url = f"/v1/news/articles/{made['id']}"
    unseen = await newsroom.client.put(url, json=article(), headers=newsroom.headers(newsroom.author))
    assert (unseen.status_code, unseen.json()["errors"][0]["field"]) == (422, "if-match")


async def test_a_scheduled_article_appears_by_itself_and_only_then(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    await newsroom.act(newsroom.author, made, "submit")
    past = await newsroom.post(
        newsroom.editor, f"/{made['id']}/schedule", {"at": "2026-02-01T00:00:00+07:00"}
    )
    assert past.json()["errors"][0]["code"] == "in_the_past"
    at = newsroom.clock.now() + timedelta(hours=2)
    await newsroom.act(newsroom.editor, made, "schedule", {"at": at.isoformat()})
    assert await newsroom.pass_time(timedelta(hours=1)) == 0
    assert await newsroom.listed() == []
    assert await newsroom.pass_time(timedelta(hours=5)) == 1
    assert await newsroom.listed() == [made["id"]]
    rows = (await newsroom.get(f"/v1/news/articles/{made['id']}/revisions", newsroom.editor)).json()["items"]
    assert (rows[0]["action"], rows[0]["by"], rows[0]["role"]) == ("publish", None, "system")


async def test_what_was_unscheduled_does_not_appear(newsroom: Newsroom) -> None:
    made = await newsroom.draft()
    await newsroom.act(newsroom.author, made, "submit")
    at = newsroom.clock.now() + timedelta(hours=2)
    await newsroom.act(newsroom.editor, made, "schedule", {"at": at.isoformat()})
    await newsroom.act(newsroom.editor, made, "unschedule")
    assert await newsroom.pass_time(timedelta(hours=5)) == 0
    assert await newsroom.listed() == []


async def test_an_announcement_leaves_the_lists_when_it_expires_and_its_address_answers_on(
    newsroom: Newsroom,
) -> None:
    expires_at = (newsroom.clock.now() + timedelta(days=3)).isoformat()
    made = await newsroom.published(kind="announcement", expires_at=expires_at)
    assert await newsroom.listed("kind=announcement") == [made["id"]]
    assert await newsroom.pass_time(timedelta(days=3)) == 1
    assert await newsroom.listed("kind=announcement") == []
    assert (await newsroom.read(made["id"]))["expires_at"] is not None
    kinds = [kind for kind, _, _ in await newsroom.told(made["id"])]
    assert kinds[-3:] == ["news.article_expired.v1", "news.document_withdrawn.v1", "news.tags_purged.v1"]
    late = {"article": article(kind="announcement"), "note": {"id": "Demo"}}
    late["article"]["expires_at"] = (newsroom.clock.now() + timedelta(days=9)).isoformat()
    await newsroom.act(newsroom.editor, made, "correct", late)
    assert await newsroom.listed("kind=announcement") == [made["id"]]


async def test_a_slip_in_an_article_that_has_expired_is_put_right_without_bringing_it_back(
    newsroom: Newsroom,
) -> None:
    expires_at = (newsroom.clock.now() + timedelta(days=3)).isoformat()
    made = await newsroom.published(kind="announcement", expires_at=expires_at)
    await newsroom.pass_time(timedelta(days=4))
    body = article(kind="announcement", title="Demo: judul yang benar", expires_at=expires_at)
    other = body | {"expires_at": (newsroom.clock.now() - timedelta(minutes=1)).isoformat()}
    correction = {"article": other, "note": {"id": "Demo"}}
    refused = await newsroom.post(newsroom.editor, f"/{made['id']}/correct", correction, If_Match="*")
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [
        ("article.expires_at", "in_the_past")
    ]
    await newsroom.act(newsroom.editor, made, "correct", correction | {"article": body})
    assert (await newsroom.read(made["id"]))["title"] == "Demo: judul yang benar"
    assert await newsroom.listed() == []
    kinds = [kind for kind, version, _ in await newsroom.told(made["id"]) if version == 5]
    assert kinds == ["news.article_corrected.v1", "news.tags_purged.v1"]


async def test_what_has_expired_is_not_published_and_what_readers_hold_of_it_is_purged(
    newsroom: Newsroom,
) -> None:
    soon = (newsroom.clock.now() + timedelta(hours=1)).isoformat()
    made = await newsroom.draft(expires_at=soon)
    await newsroom.act(newsroom.author, made, "submit")
    shown = await newsroom.published(expires_at=soon)
    await newsroom.pass_time(timedelta(hours=2))
    refused = await newsroom.post(newsroom.editor, f"/{made['id']}/publish")
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("expires_at", "in_the_past")]
    await newsroom.withdrawn(shown)
    assert [kind for kind, version, _ in await newsroom.told(shown["id"]) if version == 5] == [
        "news.article_withdrawn.v1",
        "news.tags_purged.v1",
    ]


async def test_a_correction_is_public_with_its_date_and_the_old_address_goes_on_answering(
    newsroom: Newsroom,
) -> None:
    made = await newsroom.published(districts=[TANGERANG])
    again = await newsroom.corrected(
        made, title="Demo: taman dibuka sore", slug="taman-sore", districts=[JATIUWUNG]
    )
    for ref in (made["id"], made["slug"], again["slug"]):
        found = await newsroom.read(ref, Accept_Language="en")
        assert (found["slug"], found["url"]) == ("taman-sore", "/v1/news/articles/taman-sore")
        assert [each["note"] for each in found["corrections"]] == ["Demo: figure put right"]
        assert found["corrected"]
        assert found["corrections"][0]["at"] == found["updated_at"] > found["published_at"]
    assert await newsroom.listed(f"district={TANGERANG}") == []
    assert await newsroom.listed(f"district={JATIUWUNG}") == [made["id"]]
    other = await newsroom.draft(slug="taman-lain")
    taken = await newsroom.post(newsroom.author, "", article(slug=made["slug"]))
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")
    assert other["slug"] == "taman-lain"


async def test_two_articles_of_one_title_have_two_addresses(newsroom: Newsroom) -> None:
    first, second = await newsroom.published(), await newsroom.published()
    assert first["slug"] != second["slug"]
    assert (await newsroom.read(second["slug"]))["id"] == second["id"]


async def test_a_withdrawn_article_answers_why_in_the_readers_language(newsroom: Newsroom) -> None:
    made = await newsroom.published()
    await newsroom.withdrawn(made)
    for language, word in (("id", "sumbernya keliru"), ("en", "the source was wrong")):
        gone = await newsroom.get(f"/v1/news/articles/{made['slug']}", Accept_Language=language)
        assert (gone.status_code, gone.json()["code"]) == (410, "article_withdrawn")
        assert word in gone.json()["detail"]
    assert (await newsroom.get(f"/v1/news/articles/{made['id']}.jsonld")).status_code == 410
    assert await newsroom.listed() == []


async def test_the_public_reads_no_name_of_staff_unless_a_byline_is_given(newsroom: Newsroom) -> None:
    plain = await newsroom.published()
    signed = await newsroom.published(byline="Demo Penulis")
    url = f"/v1/news/articles/{plain['id']}"
    everything = "".join([(await newsroom.get(u)).text for u in (url, f"{url}.jsonld", "/feeds/news.atom")])
    assert "s-author" not in everything
    assert "s-editor" not in everything
    found = await newsroom.read(signed["id"])
    assert (found["byline"], found["json_ld"]["author"]["name"]) == ("Demo Penulis", "Demo Penulis")


async def test_of_many_who_publish_one_title_at_once_each_gets_an_address_of_its_own(
    app: FastAPI, keys: Keys, clock: ManualClock
) -> None:
    async with in_process(app) as client:
        lasting = Newsroom(app, client, keys, clock)
        made = [await lasting.draft(title="Demo: serentak") for _ in range(6)]
        for each in made:
            await lasting.act(lasting.author, each, "submit")
        done = await asyncio.gather(*(lasting.act(lasting.editor, each, "publish") for each in made))
        slugs = {each["slug"] for each in done}
        assert len(slugs) == len(made)
        assert "demo-serentak" in slugs
        twice = [
            lasting.post(lasting.editor, f"/{made[0]['id']}/withdraw", {"reason": {"id": "x"}}) for _ in "ab"
        ]
        assert sorted(answer.status_code for answer in await asyncio.gather(*twice)) == [200, 409]
