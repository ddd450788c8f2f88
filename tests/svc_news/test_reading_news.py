"""What the public reads: lists and their filters, one article, pictures, JSON-LD; and what stays out."""

import pytest
from fastapi import FastAPI

from deploy.local.layout import SERVICES
from gateway.documents.rules import why_refused
from shared.auth import Caller
from shared.ids import new_id
from shared.testing import QueryRecorder
from svc_news.articles.rules import facets, slug_of
from svc_news.markup.rules import to_html, xml_safe
from tests.svc_news.newsroom import JATIUWUNG, TANGERANG, Newsroom, article


async def test_the_list_is_newest_first_and_narrowed_by_kind_district_tag_and_time(
    newsroom: Newsroom,
) -> None:
    city = (await newsroom.published(tags=["kesehatan"]))["id"]
    here = (await newsroom.published(districts=[TANGERANG], tags=["kesehatan", "pajak"]))["id"]
    between = newsroom.clock.now()
    hoax = (await newsroom.published(kind="hoax_clarification", districts=[TANGERANG, JATIUWUNG]))["id"]
    await newsroom.draft(districts=[TANGERANG])
    moment = between.isoformat().replace("+00:00", "Z")
    for query, wanted in {
        "": [hoax, here, city],
        f"district={TANGERANG}": [hoax, here],
        f"district={JATIUWUNG}": [hoax],
        "tag=kesehatan": [here, city],
        f"district={TANGERANG}&tag=kesehatan": [here],
        f"district={TANGERANG}&kind=hoax_clarification": [hoax],
        "kind=announcement": [],
        f"from={moment}": [hoax],
        f"to={moment}&tag=kesehatan": [here, city],
    }.items():
        assert await newsroom.listed(query) == wanted, query


async def test_pages_follow_each_other_without_gap_in_one_statement_each(
    newsroom: Newsroom, app: FastAPI
) -> None:
    made = [(await newsroom.published())["id"] for _ in range(5)]
    found, cursor = [], ""
    while cursor is not None:
        with QueryRecorder().on(app.state.runtime.database) as queries:
            page = await newsroom.get(f"/v1/news/articles?limit=2{cursor and '&cursor=' + cursor}")
        assert len([q for q in queries.statements if "SAVEPOINT" not in q]) == 1
        found += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next"]
    assert found == made[::-1]
    first = (await newsroom.get("/v1/news/articles?limit=2")).json()["next"]
    for query in (f"kind=news&cursor={first}", "cursor=nonsense"):
        assert (await newsroom.get(f"/v1/news/articles?{query}")).json()["code"] == "bad_cursor"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("district=36.71.99", "district"),
        ("district=36.71.01.1001", "district"),
        ("kind=poem", "kind"),
        ("tag=%00", "tag"),
        ("from=yesterday", "from"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("limit=101", "limit"),
    ],
)
async def test_a_filter_nobody_knows_is_named(newsroom: Newsroom, query: str, field: str) -> None:
    answer = await newsroom.get(f"/v1/news/articles?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_answer_is_not_sent_twice(newsroom: Newsroom) -> None:
    made = await newsroom.published()
    for path in (
        f"/v1/news/articles/{made['slug']}",
        "/v1/news/articles",
        f"/v1/news/articles/{made['id']}.jsonld",
    ):
        first = await newsroom.get(path)
        assert (await newsroom.get(path, If_None_Match=first.headers["ETag"])).status_code == 304
    await newsroom.corrected(made, title="Demo: lain")
    assert (await newsroom.get(path, If_None_Match=first.headers["ETag"])).status_code == 200


async def test_a_picture_needs_words_and_a_credit_and_stays_at_its_address(newsroom: Newsroom) -> None:
    receipt = newsroom.receipt(newsroom.author)
    silent = await newsroom.post(
        newsroom.author, "", article(images=[{"receipt": receipt, "credit": "Demo"}])
    )
    assert [e["field"] for e in silent.json()["errors"]] == ["images.0.alt"]
    stolen = newsroom.receipt(newsroom.colleague)
    picture = {"receipt": receipt, "alt": {"id": "Demo: gerbang taman"}, "credit": "Demo: humas"}
    refused = await newsroom.post(newsroom.author, "", article(images=[picture | {"receipt": stolen}]))
    assert refused.json()["code"] == "media_receipt_bad"
    made = await newsroom.draft(images=[picture])
    media_id = made["images"][0]["media_id"]
    assert made["images"][0]["url"].startswith(f"/v1/media/{media_id}?v=small&exp=")
    url = f"/v1/news/articles/{made['id']}/images/{media_id}"
    assert (await newsroom.get(url)).status_code == 404
    await newsroom.act(newsroom.author, made, "submit")
    await newsroom.act(newsroom.editor, made, "publish")
    found = await newsroom.read(made["id"])
    assert found["images"] == [found["image"]]
    assert found["image"] == {
        "url": url,
        "type": "image/jpeg",
        "alt": "Demo: gerbang taman",
        "credit": "Demo: humas",
    }
    shown = await newsroom.get(f"{url}?v=thumb")
    assert shown.status_code == 307
    assert shown.headers["Location"].startswith(f"/v1/media/{media_id}?v=thumb&exp=")
    assert (await newsroom.get(url.replace(media_id, str(new_id())))).status_code == 404
    kept = {"media_id": media_id, "alt": {"id": "Demo: gerbang"}, "credit": "Demo"}
    await newsroom.corrected(made, images=[kept])
    await newsroom.corrected(made, images=[])
    told = [(kind, data) for kind, _, data in await newsroom.told(made["id"]) if "media" in kind]
    assert told == [
        ("news.media_attached.v1", {"media_ids": [media_id]}),
        ("news.media_released.v1", {"media_ids": [media_id]}),
    ]


async def test_a_picture_goes_when_the_last_article_has_let_it_go(newsroom: Newsroom) -> None:
    """One upload in two articles: what the first gives up the second still shows."""
    receipt = newsroom.receipt(newsroom.author)
    picture = {"receipt": receipt, "alt": {"id": "Demo: gerbang taman"}, "credit": "Demo: humas"}
    one, other = [await newsroom.draft(images=[picture]) for _ in range(2)]
    released = []
    for made in (one, other):
        await newsroom.act(newsroom.author, made, "discard")
        released.append([kind for kind, _, _ in await newsroom.told(made["id"]) if "released" in kind])
    assert released == [[], ["news.media_released.v1"]]


async def test_a_hoax_clarification_says_claim_verdict_and_sources_and_is_a_claim_review(
    newsroom: Newsroom,
) -> None:
    lacking = await newsroom.post(newsroom.author, "", article(kind="hoax_clarification", claim=None))
    assert [(e["field"], e["code"]) for e in lacking.json()["errors"]] == [("claim", "missing")]
    made = await newsroom.published(kind="hoax_clarification")
    found = await newsroom.read(made["id"], Accept_Language="en")
    assert found["claim"] == {
        "claim": "Demo: no tap water for a week",
        "verdict": {"code": "false", "label": "False"},
        "sources": [{"name": "Demo: perusahaan air", "url": "https://contoh.example/siaran"}],
    }
    answer = await newsroom.get(f"/v1/news/articles/{made['slug']}.jsonld", Accept_Language="en")
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert answer.json() == found["json_ld"]
    news, review = answer.json()["@graph"]
    assert (news["@type"], review["@type"]) == ("NewsArticle", "ClaimReview")
    assert review["claimReviewed"] == "Demo: no tap water for a week"
    rating = {
        "@type": "Rating",
        "ratingValue": 1,
        "worstRating": 1,
        "bestRating": 5,
        "alternateName": "False",
    }
    assert review["reviewRating"] == rating


async def script(newsroom: Newsroom) -> str:
    """The id of an article whose title would end the element its JSON-LD is put into."""
    made = await newsroom.published(title="Demo </script><script>alert(1)</script>")
    assert (await newsroom.read(made["id"]))["json_ld"]["headline"].startswith("Demo </script>")
    return str(made["id"])


async def test_json_ld_of_a_corrected_article_says_so_with_absolute_addresses(newsroom: Newsroom) -> None:
    made = await newsroom.published(districts=[TANGERANG])
    await newsroom.corrected(made, districts=[TANGERANG])
    told = (await newsroom.get(f"/v1/news/articles/{made['id']}.jsonld")).json()
    assert told["@context"] == "https://schema.org"
    assert (told["@type"], told["@id"]) == ("NewsArticle", f"urn:uuid:{made['id']}")
    assert told["url"] == f"http://127.0.0.1:8000/v1/news/articles/{made['slug']}"
    assert told["correction"][0]["@type"] == "CorrectionComment"
    assert told["dateModified"] == told["correction"][0]["datePublished"] > told["datePublished"]
    assert b"<" not in (await newsroom.get(f"/v1/news/articles/{await script(newsroom)}.jsonld")).content
    assert told["contentLocation"] == [{"@type": "Place", "name": "Tangerang"}]


async def test_what_is_sent_is_checked_and_every_fault_named_at_once(newsroom: Newsroom) -> None:
    body = article(
        districts=["36.71.01", "36.71.99"],
        expires_at="2026-01-01T00:00:00+07:00",
        claim={"claim": {"id": "x"}, "verdict": "false", "sources": [{"name": "x"}]},
        images=[{"media_id": str(new_id()), "alt": {"id": "x"}, "credit": "x"}],
    )
    answer = await newsroom.post(newsroom.author, "", body)
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"districts.1", "expires_at", "claim", "images.0"}
    blank = await newsroom.post(newsroom.author, "", article(title="  ", tags=["Tidak Boleh"], slug="a--b"))
    assert {e["field"] for e in blank.json()["errors"]} == {"title.id", "tags.0", "slug"}
    alike = await newsroom.post(newsroom.author, "", article(slug="0198f4a07c1e7b3a9f004d2b8a6c1e11"))
    assert [(e["field"], e["code"]) for e in alike.json()["errors"]] == [("slug", "looks_like_an_id")]


async def test_sending_again_with_the_same_key_makes_one_article(newsroom: Newsroom) -> None:
    once = [await newsroom.post(newsroom.author, "", article(), Idempotency_Key="the-same-key") for _ in "ab"]
    assert once[0].json() == once[1].json()
    queue = (await newsroom.get("/v1/news/queue", newsroom.author)).json()
    assert [item["id"] for item in queue["items"]] == [once[0].json()["id"]]


async def test_the_city_is_told_in_the_same_transaction(newsroom: Newsroom) -> None:
    made = await newsroom.published(districts=[TANGERANG], title="Demo: hanya bahasa Indonesia")
    await newsroom.corrected(made)
    await newsroom.withdrawn(made)
    told = await newsroom.told(made["id"])
    assert [(kind, version) for kind, version, _ in told] == [
        ("news.article_submitted.v1", 2),
        ("news.article_published.v1", 3),
        ("news.document_published.v1", 3),
        ("news.tags_purged.v1", 3),
        ("news.article_corrected.v1", 4),
        ("news.document_published.v1", 4),
        ("news.tags_purged.v1", 4),
        ("news.article_withdrawn.v1", 5),
        ("news.document_withdrawn.v1", 5),
        ("news.tags_purged.v1", 5),
    ]
    document = told[2][2]
    assert (document["kind"], document["area"]) == ("news_article", TANGERANG)
    assert document["url"] == f"/v1/news/articles/{made['slug']}"
    assert document["title"] == dict.fromkeys(("id", "en"), "Demo: hanya bahasa Indonesia")
    assert "s-author" not in str(told)


async def test_what_was_told_can_be_told_again_and_what_is_gone_is_not(newsroom: Newsroom) -> None:
    kept, gone = await newsroom.published(), await newsroom.published()
    event = await newsroom.published(kind="agenda")
    await newsroom.withdrawn(gone)
    await newsroom.draft()
    page = (await newsroom.get("/internal/snapshots/documents", Caller(kind="system"))).json()
    assert [(i["id"], i["data"]["kind"]) for i in page["items"]] == [
        (kept["id"], "news_article"),
        (event["id"], "news_event"),
    ]
    told = [data for kind, _, data in await newsroom.told(kept["id"]) if kind == "news.document_published.v1"]
    assert page["items"][0]["data"] == told[0]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# Judul\n\nisi", "<h2>Judul</h2>\n<p>isi</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](/v1/news)", '<p><a rel="noopener noreferrer">x</a></p>'),
        ("![jejak](https://jejak.example/x.png)", "<p>!"),
        ("[x](https://kota.example/?a=1&b=2)", "a=1&amp;b=2"),
        ("a ]]> b & c", "<p>a ]]&gt; b &amp; c</p>"),
        ("&#1;&#xFFFE; 😀", "😀"),
        ("| a |\n|---|\n| 1 |", "<td>1</td>"),
    ],
)
def test_markdown_becomes_html_without_anything_that_acts_or_watches(markdown: str, html: str) -> None:
    found = to_html(markdown)
    assert html in found
    assert not any(word in found for word in ("<script", "<img", 'href="javascript', "onerror"))
    assert xml_safe(found) == found


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Pemkot Tangerang: 1.000 lampu jalan!", "pemkot-tangerang-1-000-lampu-jalan"),
        ("Café Résumé", "cafe-resume"),
        ("市政府", "berita"),
        ("0198f4a0-7c1e-7b3a-9f00-4d2b8a6c1e11", "berita-0198f4a0-7c1e-7b3a-9f00-4d2b8a6c1e11"),
        ("kata " * 40, "-".join(["kata"] * 16)),
    ],
)
def test_a_slug_is_made_of_words_and_never_looks_like_an_id(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_an_article_is_listed_once_for_each_way_to_ask_for_it() -> None:
    assert facets(["a", "b"], ["t"]) == ["|", "|t", "a|", "a|t", "b|", "b|t"]


def test_the_gateway_takes_the_document_as_it_is(app: FastAPI) -> None:
    (mine,) = [service for service in SERVICES if service.package == "svc_news"]
    assert why_refused(app.openapi(), mine.prefixes, []) is None
