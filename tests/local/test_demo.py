"""What a newcomer is shown: addresses that can be tried, and tables that stay readable."""

import pytest

from deploy.local import demo_data
from deploy.local.demo.telling import table
from deploy.local.layout import stack_from
from tests.local.conftest import ROOT


def _shown(only: str) -> str:
    stack = stack_from({"ONLY": only, "PORT_BASE": "9000"}, ROOT)
    walk = {"point": {"lat": 2.181, "lon": 133.124}}
    demo = {"gateway": stack.gateway_url, "metrics": ["m"], "api_keys": {"web": "key-1"}, "walk": walk}
    return demo_data.table(demo | {"examples": demo_data.examples(stack, demo)})


def test_every_service_that_runs_has_an_address_to_try_with_the_key_in_it() -> None:
    shown = _shown("laksa,prices,news,tourism")
    for path in ("/v1/laksa/categories", "/v1/prices/latest", "/v1/news/articles"):
        assert f'curl -H "X-Api-Key: key-1" "http://127.0.0.1:9000{path}"' in shown
    assert "/v1/tourism/nearby?lat=2.181&lon=133.124&mix=" in shown
    for path in ("/feeds/news.atom", "/ogc"):
        assert f"http://127.0.0.1:9000{path}" in shown


def test_what_does_not_run_is_not_offered() -> None:
    shown = _shown("laksa")
    assert "/v1/laksa/categories" in shown
    assert not [path for path in ("prices", "feeds", "news", "tourism", "/ogc") if path in shown]


def test_tables_put_numbers_under_each_other_and_say_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table(("Beras", 16_500), ("Ubi", None), head=("what", "rupiah"))
    assert capsys.readouterr().out.splitlines() == [
        "  what   rupiah",
        "  -----  ------",
        "  Beras  16.500",
        "  Ubi         -",
    ]
