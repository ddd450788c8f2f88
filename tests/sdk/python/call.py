"""Calls the gateway through a client package that a public generator made of its document."""

import pkgutil
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import city_client
import city_client.api
from city_client import AuthenticatedClient, Client


def operation(ending: str) -> ModuleType:
    """The module of the operation whose id ends so."""
    walked = pkgutil.walk_packages(city_client.api.__path__, "city_client.api.")
    return import_module(next(each.name for each in walked if each.name.endswith(ending)))


def told(ending: str, client: Any, status: int = 200, **given: Any) -> Any:
    """What the operation answered, as an object of the generated class."""
    answer = operation(ending).sync_detailed(client=client, **given)
    assert answer.status_code == status, (ending, answer.status_code, answer.content[:300])
    assert answer.parsed is not None, ending
    sys.stdout.write(f"{ending}: {answer.status_code.value} {type(answer.parsed).__name__}\n")
    return answer.parsed


def main(url: str, key: str, phone: str, otp: str) -> None:
    """What a guest reads, a problem, and a sign-in."""
    names = {"X-Api-Key": key, "X-App-Platform": "android", "Accept-Language": "en"}
    guest = Client(base_url=url, headers=names)
    for module in pkgutil.walk_packages(city_client.__path__, "city_client."):
        import_module(module.name)
    told("_v1_bootstrap_get", guest)
    assert told("_v1_menus_get", guest).services
    told("_v1_home_get", guest, lat=-6.1783, lon=106.6319)
    told("_v1_search_get", guest, q="pasar")
    told("_v1_prices_latest_get", guest)
    told("_v1_news_articles_get", guest, limit=2)
    places = told("_v1_tourism_places_get", guest).items
    told("_v1_tourism_places_ref_get", guest, ref=places[0].id)
    assert told("_v1_laksa_reports_ref_get", guest, 404, ref="LKS-0000-0000").code == "not_found"
    sent = told("_v1_auth_otp_post", guest, 202, body=_body("PhoneIn", phone=phone))
    code = _body("CodeIn", challenge_id=sent.challenge_id, code=otp)
    pair = told("_v1_auth_otp_verify_post", guest, body=code)
    citizen = AuthenticatedClient(base_url=url, headers=names, token=pair.access_token)
    told("_v1_me_requests_get", citizen)


def _body(name: str, **fields: Any) -> Any:
    return getattr(import_module("city_client.models"), name)(**fields)


if __name__ == "__main__":
    main(*sys.argv[1:5])
