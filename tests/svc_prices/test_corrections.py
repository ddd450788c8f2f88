"""Corrections keep history, and a second pair of eyes decides about what was held."""

from datetime import timedelta

from tests.svc_prices.bazaar import TODAY, Bazaar

ONE = f"/observations/anyar/{TODAY}/beras-premium/retail"
REVIEW = f"/reviews/anyar/{TODAY}/beras-premium/retail"


async def test_a_correction_needs_a_reason_and_the_version_seen_and_is_kept_as_history(
    bazaar: Bazaar,
) -> None:
    await bazaar.price("beras-premium", 15_000)
    read = await bazaar.get(ONE, bazaar.surveyor)
    tag, say = read.headers["ETag"], {"price": 15_500, "reason": "salah ketik"}
    assert (await bazaar.send(bazaar.surveyor, ONE, {"price": 15_500}, "PATCH")).status_code == 422
    stale = await bazaar.send(bazaar.surveyor, ONE, say, "PATCH", If_Match='"9.x"')
    assert stale.status_code == 412
    done = await bazaar.send(bazaar.surveyor, ONE, say, "PATCH", If_Match=tag)
    assert (done.status_code, done.json()["price"], done.json()["version"]) == (200, 15_500, 2)
    history = (await bazaar.get(f"{ONE}/history", bazaar.supervisor)).json()
    assert (history["now"]["price"], history["now"]["reason"]) == (15_500, "salah ketik")
    (before,) = history["before"]
    assert (before["price"], before["version"], before["replaced_by"]) == (15_000, 1, "s-surveyor")
    (told,) = await bazaar.told("price_corrected.v1")
    assert (told["previous_price"], told["price"]) == (15_000, 15_500)
    assert (await bazaar.items("/medians"))[0]["price"] == 15_500


async def test_what_is_published_is_changed_by_a_batch_only_with_a_reason(bazaar: Bazaar) -> None:
    await bazaar.price("beras-premium", 15_000)
    bazaar.clock.advance(timedelta(minutes=1))
    found = await bazaar.price("beras-premium", 15_100)
    assert (found["outcome"]["code"], found["why"]["code"]) == ("needs_reason", "already_published")
    again = await bazaar.price("beras-premium", 15_100, row={"reason": "salah ketik"})
    assert (again["outcome"]["code"], again["version"]) == ("published", 2)


async def test_a_price_taken_back_leaves_every_reading(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [14_800])
    await bazaar.price("beras-premium", 15_000)
    gone = {"state": "not_available", "reason": "salah komoditas"}
    assert (await bazaar.send(bazaar.surveyor, ONE, gone, "PATCH")).status_code == 200
    assert [(i["price"], i["age_days"]) for i in await bazaar.items("/latest")] == [(14_800, 1)]
    trend = (await bazaar.get("/trend?commodity=beras-premium")).json()
    assert [point["price"] for point in trend["points"]] == [14_800]
    assert (await bazaar.told("price_corrected.v1"))[-1]["price"] is None


async def test_a_late_correction_of_an_older_day_sets_right_what_follows_from_it(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [14_000, 14_500])
    await bazaar.price("beras-premium", 15_000)
    yesterday = f"/observations/anyar/{TODAY - timedelta(days=1)}/beras-premium/retail"
    sent = {"price": 14_600, "reason": "nota diperiksa"}
    assert (await bazaar.send(bazaar.supervisor, yesterday, sent, "PATCH")).status_code == 200
    (latest,) = await bazaar.items("/latest")
    assert latest["price"] == 15_000
    assert (latest["changes"][0]["price"], latest["changes"][0]["percent"]) == (14_600, 2.74)


async def test_somebody_else_approves_a_held_price_and_then_it_counts(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [15_000, 15_000, 15_100])
    await bazaar.price("beras-premium", 60_000)
    (held,) = (await bazaar.get("/reviews", bazaar.supervisor)).json()["items"]
    assert (held["price"], held["before"]["price"], held["why"]["code"]) == (
        60_000,
        15_100,
        "far_from_median",
    )
    done = await bazaar.send(bazaar.supervisor, f"{REVIEW}/approve", {"reason": "dicek di pasar"})
    assert (done.status_code, done.json()["status"]["code"]) == (200, "published")
    assert (await bazaar.items("/latest"))[0]["price"] == 60_000
    assert (await bazaar.get("/reviews", bazaar.supervisor)).json()["items"] == []
    again = await bazaar.send(bazaar.supervisor, f"{REVIEW}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "not_held")
    assert [e["decision"] for e in await bazaar.told("price_reviewed.v1")] == ["approved"]
    moves = [(e["from_state"], e["to_state"]) for e in await bazaar.told("count_moved.v1")]
    assert moves == [(None, "waiting"), ("waiting", "decided")]


async def test_nobody_decides_about_what_she_entered_herself(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [15_000, 15_000, 15_100])
    await bazaar.price("beras-premium", 1_500, caller=bazaar.supervisor)
    for action, body in (("approve", {}), ("reject", {"reason": "slip"})):
        mine = await bazaar.send(bazaar.supervisor, f"{REVIEW}/{action}", body)
        assert (mine.status_code, mine.json()["code"]) == (403, "entered_it_yourself")
    assert (await bazaar.send(bazaar.deputy, f"{REVIEW}/approve")).status_code == 200


async def test_a_rejected_slip_brings_back_what_was_published_before_it(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [15_000, 15_000, 15_100])
    await bazaar.price("beras-premium", 15_200)
    bazaar.clock.advance(timedelta(minutes=1))
    await bazaar.price("beras-premium", 152_000, row={"reason": "salah"})
    assert (await bazaar.items("/latest"))[0]["price"] == 15_100
    done = await bazaar.send(bazaar.supervisor, f"{REVIEW}/reject", {"reason": "nol berlebih"})
    assert (done.json()["status"]["code"], done.json()["price"]) == ("published", 15_200)
    assert (await bazaar.items("/latest"))[0]["price"] == 15_200
    history = (await bazaar.get(f"{ONE}/history", bazaar.supervisor)).json()["before"]
    assert [(said["price"], said["status"]["code"]) for said in history] == [
        (152_000, "held"),
        (15_200, "published"),
    ]


async def test_a_rejected_first_price_stays_out_and_can_be_entered_anew(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [15_000, 15_000, 15_100])
    await bazaar.price("beras-premium", 151_000)
    done = await bazaar.send(bazaar.supervisor, f"{REVIEW}/reject", {"reason": "nol berlebih"})
    assert done.json()["status"]["code"] == "rejected"
    bazaar.clock.advance(timedelta(minutes=1))
    assert (await bazaar.price("beras-premium", 15_100))["outcome"]["code"] == "published"
    assert (await bazaar.items("/medians"))[0]["price"] == 15_100
