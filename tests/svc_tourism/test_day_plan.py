"""The rule of the day plan: examples, and what must hold of any."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from svc_tourism.itineraries.rules import MOST_STOPS, Plan, Stop, plan_day

EIGHT = datetime(2026, 2, 3, 8, tzinfo=UTC)
HOME = (-6.18, 106.63)


def at(hour: float) -> datetime:
    return EIGHT.replace(hour=0) + timedelta(hours=hour)


def stop(opens: float, closes: float, *, stay: int = 60, north: float = 0) -> Stop:
    place = (HOME[0] + north / 111.195, HOME[1])
    return Stop(place, timedelta(minutes=stay), ((at(opens), at(closes), True),))


def order(plan: Plan) -> list[int]:
    return [visit.stop for visit in plan.visits]


def test_what_closes_first_comes_first_though_it_is_farther() -> None:
    plan = plan_day([stop(8, 20), stop(8, 10, north=3)], HOME, at(8), at(18), "car")
    assert (order(plan), plan.left_out) == ([1, 0], {})


def test_without_haste_the_nearer_comes_first() -> None:
    assert order(plan_day([stop(8, 20, north=6), stop(8, 20, north=1)], HOME, at(8), at(20), "foot")) == [
        1,
        0,
    ]


def test_one_waits_at_a_door_that_opens_later() -> None:
    (visit,) = plan_day([stop(10, 12)], HOME, at(8), at(18), "car").visits
    assert (visit.arrives, visit.starts, visit.ends) == (at(8), at(10), at(11))


def test_each_stop_that_does_not_fit_has_its_reason() -> None:
    plan = plan_day(
        [
            stop(8, 10, stay=180),
            stop(6, 8.5),
            Stop(HOME, timedelta(hours=1), ()),
            Stop(HOME, timedelta(hours=1), (), "gone"),
            stop(8, 12, stay=240),
            stop(8, 12, stay=200),
            stop(17.5, 23),
        ],
        HOME,
        at(8),
        at(18),
        "car",
    )
    assert order(plan) == [5]
    assert plan.left_out == {
        0: "stay_too_long",
        1: "too_late",
        2: "closed_that_day",
        3: "gone",
        4: "no_time_left",
        6: "day_ends",
    }


def test_a_break_at_noon_is_waited_out() -> None:
    noon = Stop(HOME, timedelta(hours=1), ((at(8), at(11.5), True), (at(13), at(16), True)))
    (visit,) = plan_day([noon], HOME, at(11), at(18), "car").visits
    assert visit.starts == at(13)


Hours = st.tuples(st.integers(6, 18), st.integers(1, 8), st.sampled_from([30, 60, 120]), st.integers(-5, 5))
Some = st.lists(Hours.map(lambda t: stop(t[0], t[0] + t[1], stay=t[2], north=t[3])), max_size=5)


@given(Some)
def test_a_plan_keeps_to_hours_ways_and_the_day_and_tells_of_every_stop(stops: list[Stop]) -> None:
    plan = plan_day(stops, HOME, at(8), at(18), "motorcycle")
    free = at(8)
    for visit in plan.visits:
        (opens, closes, _) = stops[visit.stop].open[0]
        assert visit.arrives == free + visit.way
        assert visit.starts >= max(visit.arrives, opens)
        assert visit.ends <= min(closes, at(18))
        free = visit.ends
    assert sorted([*order(plan), *plan.left_out]) == list(range(len(stops)))


@given(Some)
def test_as_many_stops_fit_as_in_the_best_of_all_orders(stops: list[Stop]) -> None:
    def fits(sequence: tuple[int, ...]) -> int:
        free, here, count = at(8), HOME, 0
        for index in sequence:
            (only,) = [stops[index]]
            made = plan_day([only], here, free, at(18), "motorcycle").visits
            if made:
                free, here, count = made[0].ends, only.place, count + 1
        return count

    best = max((fits(each) for each in permutations(range(len(stops)))), default=0)
    assert len(plan_day(stops, HOME, at(8), at(18), "motorcycle").visits) == best


def test_the_most_stops_there_may_be_are_planned_in_a_bounded_number_of_steps() -> None:
    many = [stop(6, 22, stay=20, north=n % 5) for n in range(MOST_STOPS)]
    assert len(plan_day(many, HOME, at(6), at(22), "motorcycle").visits) == MOST_STOPS
