"""JSON-LD of an article (schema.org): NewsArticle, and beside it the ClaimReview or the Event it is about."""

from typing import Any

from svc_news.articles.documents.words import Words, image_link
from svc_news.articles.rules import RATING, Kind, Verdict

_ONLINE = "https://schema.org/"


def linked_data(row: Any, corrections: Any, words: Words) -> dict[str, Any]:
    """One node, or a graph of two where the article checks a claim or tells of an event."""
    nodes = [_article(row, corrections, words)]
    if row.kind == Kind.HOAX and row.claim:
        nodes.append(_claim_review(row, words))
    if row.kind == Kind.AGENDA and row.event:
        nodes.append(_event(row, words))
    context = {"@context": "https://schema.org"}
    return context | (nodes[0] if len(nodes) == 1 else {"@graph": nodes})


def _article(row: Any, corrections: Any, words: Words) -> dict[str, Any]:
    city = {"@type": "GovernmentOrganization", "name": words.city}
    images = [words.absolute(image_link(row.id, image["media_id"])) for image in row.images]
    notes = [
        {"@type": "CorrectionComment", "text": words.of(c.note), "datePublished": _at(c.at, words)}
        for c in corrections
    ]
    node = {
        "@type": "NewsArticle",
        "@id": f"urn:uuid:{row.id}",
        "url": words.page(row),
        "mainEntityOfPage": words.page(row),
        "headline": words.of(row.title),
        "description": words.of(row.summary),
        "inLanguage": words.spoken(row.title),
        "datePublished": _at(row.published_at, words),
        "dateModified": _at(row.updated_at, words),
        "expires": _at(row.expires_at, words) if row.expires_at else None,
        "author": {"@type": "Person", "name": row.byline} if row.byline else city,
        "publisher": city,
        "articleSection": words.label("kind", row.kind).label,
        "keywords": words.keywords(row),
        "contentLocation": [{"@type": "Place", "name": words.area(c).label} for c in row.districts],
        "image": images,
        "correction": notes,
    }
    return {name: value for name, value in node.items() if value not in (None, [])}


def _claim_review(row: Any, words: Words) -> dict[str, Any]:
    """Verdicts on a scale from 1 (false) to 5 (true)."""
    claim, verdict = row.claim, Verdict(row.claim["verdict"])
    sources = [
        {"@type": "CreativeWork", "name": source["name"]} | ({"url": source["url"]} if source["url"] else {})
        for source in claim["sources"]
    ]
    return {
        "@type": "ClaimReview",
        "@id": f"urn:uuid:{row.id}#review",
        "url": words.page(row),
        "datePublished": _at(row.published_at, words),
        "author": {"@type": "GovernmentOrganization", "name": words.city},
        "claimReviewed": words.of(claim["claim"]),
        "itemReviewed": {"@type": "Claim", "name": words.of(claim["claim"])},
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATING[verdict],
            "worstRating": 1,
            "bestRating": len(RATING),
            "alternateName": words.label("verdict", verdict).label,
        },
        "citation": sources,
    }


def _event(row: Any, words: Words) -> dict[str, Any]:
    event = row.event
    place: dict[str, Any] = {"@type": "Place", "name": event["place"]}
    if event["lat"] is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": event["lat"], "longitude": event["lon"]}
    if event["area"]:
        place["address"] = words.area(event["area"]).label
    status = "EventCancelled" if row.cancelled_at else "EventScheduled"
    node = {
        "@type": "Event",
        "@id": f"urn:uuid:{row.id}#event",
        "url": words.page(row),
        "name": words.of(row.title),
        "description": words.of(row.summary),
        "startDate": event["starts_on"] or _at(row.starts_at, words),
        "endDate": event["ends_on"] or (_at(row.ends_at, words) if row.ends_at else None),
        "eventStatus": _ONLINE + status,
        "location": place,
        "organizer": {"@type": "Organization", "name": event["organiser"]},
    }
    return {name: value for name, value in node.items() if value is not None}


def _at(moment: Any, words: Words) -> str:
    return str(words.local(moment).isoformat())
