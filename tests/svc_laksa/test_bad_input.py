"""What is wrong with a report is named, field by field, and nothing of it is kept or echoed."""

import json
from uuid import uuid4

import pytest

from tests.svc_laksa.town import Town, report

WRONG = [
    ({"category": "bukan-kategori"}, "category", "unknown"),
    ({"description": "x" * 4_001}, "description", "string_too_long"),
    ({"description": "   "}, "description", "string_too_short"),
    ({"description": "a\x00b"}, "description", "control_characters"),
    ({"description": None}, "description", "string_type"),
    ({"point": {"lat": 91, "lon": 106}}, "point.lat", "less_than_equal"),
    ({"point": {"lat": "x", "lon": 106}}, "point.lat", "float_type"),
    ({"point": {"lat": -6.1}}, "point.lon", "missing"),
    ({"point": [1, 2]}, "point", "model_attributes_type"),
    ({"id": str(uuid4())}, "id", "uuid_version"),
    ({"media": ["x"] * 9}, "media", "too_long"),
    ({"attributes": {}}, "attributes.bahaya", "missing"),
    ({"attributes": {"bahaya": "mungkin"}}, "attributes.bahaya", "enum"),
    ({"attributes": {"bahaya": ["ya"]}}, "attributes.bahaya", "enum"),
    ({"attributes": {"bahaya": "ya", "warna": "merah"}}, "attributes", "unknown"),
    ({"attributes": {"bahaya": "ya", "0812 3456 NIK": "x"}}, "attributes", "unknown"),
    ({"attributes": {"bahaya": True}}, "attributes.bahaya", "answer"),
    ({"attributes": {"bahaya": "ya", "0812 3456 NIK": True}}, "attributes.[key]", "answer"),
    ({"insist_outside": "mungkin"}, "insist_outside", "bool_type"),
]


@pytest.mark.parametrize(("wrong", "field", "code"), WRONG)
async def test_what_is_wrong_is_named_by_field_and_nothing_is_kept(
    town: Town, wrong: dict[str, object], field: str, code: str
) -> None:
    before = await town.count()
    answer = await town.post(town.citizen, "/reports", report() | wrong)
    assert answer.status_code == 422, answer.text
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert all(error["message"] for error in answer.json()["errors"])
    assert await town.count() == before


async def test_bodies_that_are_no_honest_json_get_a_clear_problem(town: Town) -> None:
    headers = town.headers(town.citizen) | {"Idempotency-Key": "12345678", "Content-Type": "application/json"}
    nan = json.dumps(report(point={"lat": float("nan"), "lon": 106.6}))
    deep = '{"attributes":' + "[" * 50_000 + "]" * 50_000 + "}"
    for body in (nan, deep, "{", "[]", ""):
        answer = await town.client.post("/v1/laksa/reports", content=body, headers=headers)
        assert answer.status_code in (400, 422), (body[:40], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_report_without_id_and_key_is_not_taken(town: Town) -> None:
    answer = await town.client.post("/v1/laksa/reports", json=report(), headers=town.headers(town.citizen))
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_every_datatype_of_a_question_is_checked(town: Town) -> None:
    cases = [
        ("permintaan-lampu", {"panjang": 120}, None),
        ("permintaan-lampu", {"panjang": "120.5"}, None),
        ("permintaan-lampu", {"panjang": "jauh"}, "float_parsing"),
        ("sampah-tidak-diangkut", {"terakhir": "2026-01-31"}, None),
        ("sampah-tidak-diangkut", {"terakhir": "2026-01-31T08:00:00+07:00"}, None),
        ("sampah-tidak-diangkut", {"terakhir": "kemarin"}, "datetime_parsing"),
        ("lampu-jalan-mati", {"nomor": 7}, "string_type"),
        ("lampu-jalan-mati", {"nomor": "x" * 201}, "string_too_long"),
        ("sarana-sekolah", {"nama": "", "bahaya": "ya"}, "missing"),
    ]
    for category, attributes, code in cases:
        answer = await town.post(town.citizen, "/reports", report(category=category, attributes=attributes))
        codes = [error["code"] for error in answer.json().get("errors", [])]
        assert (answer.status_code == 201) == (code is None), (category, attributes, answer.text)
        assert code is None or code in codes
