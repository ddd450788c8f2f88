"""The gateway's table of contents."""

from fastapi import FastAPI

from gateway.accesses import api as accesses
from gateway.accounts import api as accounts
from gateway.accounts import timers as accounts_cleaning
from gateway.accounts import usecases as accounts_work
from gateway.clients import api as clients
from gateway.codes import api as codes
from gateway.codes import usecases as codes_work
from gateway.documents import api as documents
from gateway.edge.fresh import keep_fresh
from gateway.edge.wiring import gateway_edge
from gateway.erasures import api as erasures
from gateway.erasures import subscribers as erasures_events
from gateway.erasures import timers as erasures_clocks
from gateway.erasures import usecases as erasures_work
from gateway.exports import api as exports
from gateway.exports import timers as exports_gathering
from gateway.media import api as media
from gateway.media import subscribers as media_events
from gateway.media import timers as media_cleaning
from gateway.media import usecases as media_work
from gateway.media.uploads import api as uploads
from gateway.passwords import api as passwords
from gateway.passwords import usecases as passwords_work
from gateway.people import api as people
from gateway.privacy.usecases import erase, export
from gateway.requests import api as requests
from gateway.requests import subscribers as requests_events
from gateway.seals import api as seals
from gateway.seals import subscribers as seals_events
from gateway.services import usecases as services_work
from gateway.settings import GatewaySettings
from gateway.streams import api as streams
from gateway.streams import subscribers as streams_events
from gateway.streams import timers as streams_cleaning
from gateway.streams import usecases as streams_work
from shared.app import Service, build_app
from shared.clock import Clock
from shared.privacy import Holdings

SERVICE = Service(
    name="gateway",
    package="gateway",
    title="Gateway",
    routers=[
        documents.router,
        accounts.router,
        codes.router,
        passwords.router,
        people.router,
        clients.router,
        media.router,
        uploads.router,
        requests.router,
        streams.router,
        seals.router,
        accesses.router,
        exports.router,
        erasures.router,
    ],
    subscriptions=[
        *media_events.SUBSCRIPTIONS,
        *requests_events.SUBSCRIPTIONS,
        *seals_events.SUBSCRIPTIONS,
        *erasures_events.SUBSCRIPTIONS,
    ],
    timers=erasures_clocks.TIMERS,
    background=[
        keep_fresh,
        *accounts_cleaning.BACKGROUND,
        *media_cleaning.BACKGROUND,
        *streams_events.BACKGROUND,
        *streams_cleaning.BACKGROUND,
        *exports_gathering.BACKGROUND,
        *erasures_clocks.BACKGROUND,
    ],
    holds=Holdings(export, erase),
    roles=frozenset({"leader", "ops", "admin"}),
)


def create_app(settings: GatewaySettings, clock: Clock | None = None) -> FastAPI:
    """The gateway as an app, from settings alone."""
    app = build_app(SERVICE, settings, clock, edge=gateway_edge)
    run = app.state.runtime
    accounts_work.equip(run, settings)
    codes_work.equip(run, settings)
    passwords_work.equip(run)
    media_work.equip(run, settings.media_url, settings.upload_seconds)
    streams_work.equip(run)
    services_work.equip(run, settings)
    erasures_work.equip(run)
    return app
