"""Feeds as they are met: every format, broken ones, and those that were made to do harm."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_news.collected.rules import MOST_ITEMS, Item, Reading, Unreadable, read_feed
from svc_news.collected.rules.entry import MOST_ENTRIES
from svc_news.collected.rules.texts import plain

NOW = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
URL = "https://kota.example/umpan/rss.xml"
RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Kota</title><link>https://kota.example/</link>
<atom:link rel="self" href="https://kota.example/umpan/rss.xml"/>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>
<pubDate>Mon, 02 Feb 2026 08:00:00 +0700</pubDate><description>{about}</description></item>"""


def rss(*items: str, encoding: str = "UTF-8") -> str:
    return RSS.format(encoding=encoding, items="".join(items))


def item(
    title: str = "Pasar Anyar dibuka",
    link: str = "https://kota.example/1",
    guid: str = "g-1",
    about: str = "Isi",
) -> str:
    return ITEM.format(title=title, link=link, guid=guid, about=about)


def read(feed: str | bytes, charset: str | None = None, url: str = URL) -> Reading:
    return read_feed(feed.encode() if isinstance(feed, str) else feed, charset, url, ZONE, NOW)


def one(feed: str | bytes, charset: str | None = None) -> Item:
    (found,) = read(feed, charset).items
    return found


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://kota.example/berita/"><title>x</title>
<link rel="self" href="/a"/><link href="https://kota.example/"/>
<entry><id>urn:uuid:1</id><title type="html">Jalan &amp;amp; &lt;b&gt;Jembatan&lt;/b&gt;</title>
<link rel="enclosure" href="x.mp3"/><link href="satu"/><updated>2026-02-02T08:30:00+07:00</updated>
<published>2026-02-02T08:00:00+07:00</published><summary>Ringkas</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>Isi <b>pen</b>uh</p><p>dua</p></div></content>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://kota.example/"><title>x</title>
<link>https://kota.example/</link></channel><item rdf:about="https://kota.example/1">
<title>Jalan &amp;amp; Jembatan</title><link>https://kota.example/berita/satu</link>
<description>Ringkas</description><dc:date>2026-02-02T01:00:00Z</dc:date>
</item></rdf:RDF>"""
OLD = """<rss version="0.91"><channel><title>x</title><link>https://kota.example/</link><item>
<title>Jalan &amp;amp; Jembatan</title><link>https://kota.example/berita/satu</link><description>Ringkas</description>
</item></channel></rss>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "x",
        "home_page_url": "https://kota.example/",
        "items": [
            {
                "id": 1,
                "url": "/berita/satu",
                "title": "Jalan & Jembatan",
                "content_html": "<p>Ringkas</p>",
                "date_published": "2026-02-02T08:00:00+07:00",
            }
        ],
    }
)


@pytest.mark.parametrize("feed", [ATOM, RDF, OLD, JSON], ids=["atom", "rss-1.0", "rss-0.91", "json-feed"])
def test_every_format_gives_the_same_item(feed: str) -> None:
    found = one(feed)
    assert (found.title, found.excerpt) == ("Jalan & Jembatan", "Ringkas")
    assert found.link == "https://kota.example/berita/satu"
    assert found.published_at == (None if feed is OLD else datetime(2026, 2, 2, 1, tzinfo=UTC))


def test_a_text_in_xhtml_is_read_when_there_is_no_summary() -> None:
    assert one(ATOM.replace("<summary>Ringkas</summary>", "")).excerpt == "Isi penuh dua"


@pytest.mark.parametrize(
    "feed",
    [ATOM, RDF, OLD, rss(*(item(f"Berita {n}", f"https://kota.example/{n}", f"g-{n}") for n in range(50)))],
)
def test_feedparser_finds_the_same_entries_in_the_same_bytes(feed: str) -> None:
    headers = {"content-location": URL, "content-type": "application/xml; charset=utf-8"}
    theirs = feedparser.parse(feed.encode(), response_headers=headers)
    assert not theirs.bozo
    ours = read(feed).items
    assert [each.link for each in ours] == [each.link for each in theirs.entries]
    assert [each.published_at and each.published_at.timetuple()[:6] for each in ours] == [
        (each.get("published_parsed") or each.get("updated_parsed") or [None])[:6]
        if each.get("published_parsed") or each.get("updated_parsed")
        else None
        for each in theirs.entries
    ]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion-laughs": f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>' + rss(item("&l9;")).partition("?>")[2],
    "quadratic": f'<!DOCTYPE rss [<!ENTITY a "{"x" * 100_000}">]>'
    + rss(item("&a;" * 1_000)).partition("?>")[2],
    "external-entity": '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + rss(item("&x;")).partition("?>")[2],
    "external-dtd": '<!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd">' + rss(item()).partition("?>")[2],
    "parameter-entity": '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>'
    + rss(item()).partition("?>")[2],
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_with_a_dtd_is_refused_whatever_it_declares(name: str) -> None:
    for body in (BOMBS[name].encode(), BOMBS[name].encode("utf-16")):
        with pytest.raises(Unreadable) as error:
            read(body)
        assert error.value.code == "dtd"


@pytest.mark.parametrize(
    ("feed", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("hello", "not_a_feed"),
        ("<html><body>404</body></html>", "not_a_feed"),
        ("<opml/>", "not_a_feed"),
        ("<rss><channel><item>", "malformed"),
        (rss(item())[:-30], "malformed"),
        ("{", "malformed"),
        ("[" * 10, "not_a_feed"),
        ('{"items": []}', "not_a_feed"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "not_a_feed"),
        ('{"version": ' + "[" * 200_000, "malformed"),
        ("<rss>" + "<a>" * 100_000, "too_deep"),
        ("\x00" * 50, "not_a_feed"),
    ],
)
def test_what_is_no_feed_is_named(feed: str, code: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(feed)
    assert error.value.code == code


WORDS = "Café “Ibu” — naik €5"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (rss(item(WORDS)).encode(), None),
        (b"\xef\xbb\xbf" + rss(item(WORDS)).encode(), None),
        (rss(item(WORDS), encoding="ISO-8859-1").encode(), None),
        (rss(item(WORDS)).encode(), "iso-8859-1"),
        (rss(item(WORDS)).encode("cp1252"), None),
        (rss(item(WORDS)).encode("cp1252"), "utf-8"),
        (rss(item(WORDS), encoding="windows-1252").encode("cp1252"), "utf-8"),
        (rss(item(WORDS), encoding="ISO-8859-1").encode("cp1252"), None),
        (rss(item(WORDS), encoding="zlib").encode("cp1252"), "idna"),
        (rss(item(WORDS), encoding="UTF-16").encode("utf-16"), None),
        (rss(item(WORDS), encoding="UTF-16").encode("utf-16-le"), None),
        (rss(item(WORDS), encoding="UTF-8").encode("utf-16-be"), "utf-8"),
        (rss(item(WORDS)).encode("utf-32"), None),
    ],
)
def test_the_words_are_right_whatever_the_feed_says_of_its_encoding(body: bytes, charset: str | None) -> None:
    assert one(body, charset).title == WORDS


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Harga &lt;b&gt;naik&lt;/b&gt;", "Harga naik"),
        ("Harga &amp;lt;b&amp;gt;naik&amp;lt;/b&amp;gt;", "Harga naik"),
        ("<![CDATA[R&D <i>baru</i> &eacute;]]>", "R&D baru é"),
        ("R&D kota", "R&D kota"),
        ("Satu&nbsp;dua &hellip;", "Satu dua …"),
        ("Suhu &lt; 5 dan 6 &gt; 5", "Suhu < 5 dan 6 > 5"),
        ("a\x00b\x07c\x0bd", "abcd"),
        ("a\u202eb\u200bc", "abc"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Aman", "Aman"),
        ("&lt;img src=x onerror=alert(1)&gt;Aman", "Aman"),
        ("Dua\n\n  baris\t.", "Dua baris ."),
        ("&#x1F600; emoji", "\U0001f600 emoji"),
        ("Pasar &lt;![foo[x]]&gt; dibuka", "Pasar dibuka"),
        ("Pasar &lt;![0[ dibuka", "Pasar"),
        ("Pasar &amp;lt;b&amp;gt;&amp;lt;![ x[ dibuka", "Pasar"),
        ("Pasar &lt;!DOCTYPE html&gt;&lt;?php x ?&gt;dibuka", "Pasar dibuka"),
        ("", "Isi"),
    ],
)
def test_titles_are_plain_words(title: str, expected: str) -> None:
    assert one(rss(item(title))).title == expected


@given(st.text(alphabet="<>![]/-&;#x?=\"' ab\x00\u202e", max_size=60))
def test_no_markup_however_broken_stops_a_reader(source: str) -> None:
    assert len(plain(source, 20)) <= 20


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/berita/1", "https://kota.example/berita/1"),
        ("berita/1", "https://kota.example/berita/1"),
        ("//lain.example/1", "https://lain.example/1"),
        ("<![CDATA[https://kota.example/?a=1&b=2]]>", "https://kota.example/?a=1&b=2"),
        ("https://kota.example/?a=1&b=2", "https://kota.example/?a=1&b=2"),
        ("javascript:alert(1)", "https://kota.example/"),
        ("JaVaScRiPt:alert(1)", "https://kota.example/"),
        ("data:text/html,x", "https://kota.example/"),
        ("file:///etc/passwd", "https://kota.example/"),
        ("https://nama:sandi@kota.example/", "https://kota.example/"),
        ("https://[", "https://kota.example/"),
        ("", "https://kota.example/"),
        ("https://kota.example/a b", "https://kota.example/a%20b"),
        ("java\nscript:alert(1)", "https://kota.example/"),
    ],
)
def test_links_are_absolute_and_safe_to_follow(link: str, expected: str) -> None:
    assert one(rss(item(link=link))).link == expected


def test_an_item_that_leads_nowhere_or_says_nothing_is_left_out() -> None:
    lost = rss(item(link="javascript:x"), item("", guid="2", about="")).replace(
        "<link>https://kota.example/</link>", ""
    )
    assert read(lost) == Reading((), 2)
    permanent = lost.replace('<guid isPermaLink="false">g-1', "<guid>https://kota.example/7")
    assert [each.link for each in read(permanent).items] == ["https://kota.example/7"]


def test_a_key_is_the_guid_and_else_the_link_and_else_title_and_date() -> None:
    same = one(rss(item("Lain", "https://kota.example/9"))).key
    assert one(rss(item())).key == same
    bare = item().replace('<guid isPermaLink="false">g-1</guid>', "")
    assert one(rss(bare)).key == one(rss(bare.replace("Pasar Anyar dibuka", "Judul baru"))).key != same
    nowhere = bare.replace("<link>https://kota.example/1</link>", "")
    other = nowhere.replace("08:00:00", "09:00:00")
    assert len({each.key for each in read(rss(nowhere, nowhere, other)).items}) == 2


def test_a_guid_that_several_items_share_tells_none_of_them_apart() -> None:
    found = read(rss(*(item(f"Berita {n}", f"https://kota.example/{n}", "sama") for n in range(5)))).items
    assert len({each.key for each in found}) == 5


def test_of_ten_thousand_items_the_newest_two_hundred_are_taken() -> None:
    def dated(n: int) -> str:
        moment = NOW - timedelta(minutes=(n * 7_919) % 10_000)
        return item(f"Berita {n}", f"https://kota.example/{n}", f"g-{n}").replace(
            "Mon, 02 Feb 2026 08:00:00 +0700", moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
        )

    found = read(rss(*(dated(n) for n in range(10_000))))
    assert (len(found.items), found.entries) == (MOST_ITEMS, 10_000)
    assert [each.published_at for each in found.items] == [NOW - timedelta(minutes=n) for n in range(200)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 02 Feb 2026 08:00:00 +0700", "2026-02-02T01:00"),
        ("Mon, 2 Feb 26 01:00 GMT", "2026-02-02T01:00"),
        ("Senin, 02 Februari 2026 08:00:00 WIB", "2026-02-02T01:00"),
        ("Senin, 2 Februari 2026 08.00 WIB", "2026-02-02T01:00"),
        ("1 Agustus 2025 09:00 WITA", "2025-08-01T01:00"),
        ("2026-02-02T08:00:00+07:00", "2026-02-02T01:00"),
        ("2026-02-02T01:00:00.123Z", "2026-02-02T01:00"),
        ("2026-02-02 08:00:00", "2026-02-02T01:00"),
        ("2026-02-02T08:00", "2026-02-02T01:00"),
        ("2026-02-02", "2026-02-01T17:00"),
        ("2026-01", "2025-12-31T17:00"),
        ("02/02/2026 08:00", "2026-02-02T01:00"),
        ("02-02-2026", "2026-02-01T17:00"),
        ("Mon, 02 Feb 2026 09:05:00 +0700", "2026-02-02T02:05"),
        ("Mon, 02 Feb 2026 10:00:00 +0700", None),
        ("2099-01-01", None),
        ("1970-01-01T00:00:00Z", None),
        ("31 Februari 2026", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("kemarin", None),
        ("", None),
    ],
)
def test_dates_of_many_forms(text: str, expected: str | None) -> None:
    """It is 2026-02-02, 09:00 in Tangerang; what lies ahead has the date of first sight."""
    found = one(rss(item()).replace("Mon, 02 Feb 2026 08:00:00 +0700", text)).published_at
    assert (found and found.strftime("%Y-%m-%dT%H:%M")) == expected


@pytest.mark.parametrize("year", ["9999-12-31T23:59:59-12:00", "1900-01-01T00:00:00Z", "0001-01-01", "-1"])
def test_an_entry_of_another_age_is_kept_as_one_without_a_date(year: str) -> None:
    """Else it would stand above all others for ever, or be gone before anybody saw it."""
    found = read(rss(item().replace("Mon, 02 Feb 2026 08:00:00 +0700", year), item("Dua", guid="g-2"))).items
    assert [each.published_at and each.published_at.year for each in found] == [None, 2026]


OPENED = "<rss><channel>" + "<![CDATA[" * 200_000
UNENDING = {
    "cdata-never-closed": (OPENED, "malformed"),
    "cdata-and-a-bare-ampersand": (f"<rss>&{OPENED}", "malformed"),
    "references": ("<rss><channel>" + "&a" * 1_000_000, "malformed"),
    "attributes": ("<rss " + " ".join(f'a{n}="1"' for n in range(100_000)), "malformed"),
    "lists-in-lists": ('{"version":' + "[" * 1_000_000, "malformed"),
    "digits": ('{"version":' + "9" * 1_000_000 + "}", "malformed"),
}


@pytest.mark.parametrize("name", UNENDING)
def test_no_document_of_five_megabytes_keeps_a_reader_busy_for_long(name: str) -> None:
    """Quadratic work on these would take hours: the test would not end."""
    feed, code = UNENDING[name]
    with pytest.raises(Unreadable) as error:
        read(feed)
    assert error.value.code == code


def test_of_a_hundred_thousand_entries_the_newest_two_hundred_are_taken() -> None:
    many = "".join(f"<item><guid>{n}</guid><link>/{n}</link><title>t</title></item>" for n in range(100_000))
    found = read(rss(many))
    assert (len(found.items), found.entries) == (MOST_ITEMS, MOST_ENTRIES)
    assert found.items[0].link == "https://kota.example/0"
    several = [{"id": n, "url": f"/{n}", "title": "t"} for n in range(100_000)]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": several}
    found = read(json.dumps(feed))
    assert (len(found.items), found.entries) == (MOST_ITEMS, MOST_ENTRIES)


def test_null_bytes_and_halves_of_characters_do_no_harm_in_json() -> None:
    """What JSON may say and no database can hold."""
    entry = '{"id": "a\\u0000b", "url": "/x\\u0000", "title": "Sa\\u0000tu\\ud800", "summary": "\\ud83d"}'
    found = one(f'{{"version": "https://jsonfeed.org/version/1", "home_page_url": "/", "items": [{entry}]}}')
    assert (found.title, found.excerpt, found.link) == ("Satu", "", "https://kota.example/")
    assert found.digest


def test_a_text_in_cdata_is_left_as_it_is_when_the_rest_is_mended() -> None:
    feed = rss(item("<![CDATA[R&amp;D & <b>x</b>]]>", about="satu & dua &nbsp; <![CDATA[a&b]]>"))
    assert (one(feed).title, one(feed).excerpt) == ("R&D & x", "satu & dua a&b")


def test_an_excerpt_is_short_and_ends_at_a_word() -> None:
    long = one(rss(item(about="kata " * 1_000)))
    assert len(long.excerpt) <= 300
    assert long.excerpt.endswith("kata…")
    assert len(one(rss(item(about="x" * 100_000))).excerpt) == 300
    assert one(rss(item("Sama", about="Sama"))).excerpt == ""
