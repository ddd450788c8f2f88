"""Who counts for himself hands over before anybody reads."""

from shared.metrics import Metrics


def test_what_counts_for_itself_is_handed_over_before_anything_is_read_and_counted_once() -> None:
    metrics, own = Metrics(), [3]

    def hand_over() -> None:
        metrics.requests.labels("/x", "GET", "2xx").inc(own[0])
        own[0] = 0

    metrics.before_reading.append(hand_over)
    labels = {"route": "/x", "method": "GET", "status": "2xx"}
    assert metrics.registry.get_sample_value("city_http_requests_total", labels) == 3
    own[0] = 2
    line = b'city_http_requests_total{method="GET",route="/x",status="2xx"} 5.0'
    for _ in range(2):
        assert line in metrics.exposition()
