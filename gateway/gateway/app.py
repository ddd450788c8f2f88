"""The gateway's table of contents."""

from fastapi import FastAPI

from gateway import pack_clients
from gateway.accesses import api as accesses
from gateway.accounts import api as accounts
from gateway.accounts import timers as accounts_cleaning
from gateway.accounts import usecases as accounts_work
from gateway.audits import api as audits
from gateway.bootstrap import api as bootstrap
from gateway.bootstrap import subscribers as bootstrap_memory
from gateway.bootstrap import timers as bootstrap_clock
from gateway.bootstrap import usecases as bootstrap_work
from gateway.clients import api as clients
from gateway.codes import api as codes
from gateway.codes import usecases as codes_work
from gateway.declarations import usecases as declarations
from gateway.documents import api as documents
from gateway.documents import usecases as documents_work
from gateway.edge.cache.hearing import hear_changes
from gateway.edge.declaring import declare
from gateway.edge.fresh import keep_fresh
from gateway.edge.wiring import gateway_edge
from gateway.erasures import api as erasures
from gateway.erasures import subscribers as erasures_events
from gateway.erasures import timers as erasures_clocks
from gateway.erasures import usecases as erasures_work
from gateway.exports import api as exports
from gateway.exports import timers as exports_gathering
from gateway.home import api as home
from gateway.home import usecases as home_work
from gateway.links import api as links
from gateway.links import subscribers as links_events
from gateway.media import api as media
from gateway.media import subscribers as media_events
from gateway.media import timers as media_cleaning
from gateway.media import usecases as media_work
from gateway.media.uploads import api as uploads
from gateway.menus import api as menus
from gateway.menus import subscribers as menus_memory
from gateway.menus import usecases as menus_work
from gateway.notices import api as notices
from gateway.notices import timers as notices_cleaning
from gateway.passwords import api as passwords
from gateway.passwords import usecases as passwords_work
from gateway.people import api as people
from gateway.privacy.usecases import erase, export
from gateway.provided import api as provided
from gateway.provided import subscribers as provided_events
from gateway.provided import timers as provided_asking
from gateway.provided import usecases as provided_work
from gateway.providers import api as providers
from gateway.providers import timers as providers_ends
from gateway.publications import api as publications
from gateway.publications import timers as publications_following
from gateway.requests import api as requests
from gateway.requests import subscribers as requests_events
from gateway.seals import api as seals
from gateway.seals import subscribers as seals_events
from gateway.search import api as search
from gateway.search import subscribers as search_events
from gateway.search import timers as search_cleaning
from gateway.services import timers as services_watch
from gateway.services import usecases as services_work
from gateway.settings import GatewaySettings
from gateway.streams import api as streams
from gateway.streams import subscribers as streams_events
from gateway.streams import timers as streams_cleaning
from gateway.streams import usecases as streams_work
from gateway.streams.everybody import api as everybody
from gateway.streams.everybody import subscribers as everybody_events
from gateway.streams.everybody import usecases as everybody_work
from gateway.usage import api as usage
from gateway.usage import timers as usage_keeping
from shared.app import Service, build_app
from shared.clock import Clock
from shared.privacy import Holdings

SERVICE = Service(
    name="gateway",
    package="gateway",
    title="Gateway",
    routers=[
        documents.router,
        home.router,
        accounts.router,
        codes.router,
        passwords.router,
        people.router,
        clients.router,
        usage.router,
        audits.router,
        providers.router,
        provided.router,
        provided.desk,
        publications.router,
        links.router,
        media.router,
        uploads.router,
        requests.router,
        streams.router,
        everybody.router,
        seals.router,
        accesses.router,
        exports.router,
        erasures.router,
        search.router,
        menus.router,
        bootstrap.router,
        notices.router,
    ],
    subscriptions=[
        *media_events.SUBSCRIPTIONS,
        *requests_events.SUBSCRIPTIONS,
        *seals_events.SUBSCRIPTIONS,
        *erasures_events.SUBSCRIPTIONS,
        *search_events.SUBSCRIPTIONS,
    ],
    timers={**erasures_clocks.TIMERS, **providers_ends.TIMERS},
    background=[
        keep_fresh,
        *services_watch.BACKGROUND,
        hear_changes,
        *usage_keeping.BACKGROUND,
        *accounts_cleaning.BACKGROUND,
        *media_cleaning.BACKGROUND,
        *streams_events.BACKGROUND,
        *streams_cleaning.BACKGROUND,
        *everybody_events.BACKGROUND,
        *exports_gathering.BACKGROUND,
        *provided_events.BACKGROUND,
        *provided_asking.BACKGROUND,
        *publications_following.BACKGROUND,
        *links_events.BACKGROUND,
        *erasures_clocks.BACKGROUND,
        *search_cleaning.BACKGROUND,
        *menus_memory.BACKGROUND,
        *bootstrap_memory.BACKGROUND,
        *bootstrap_clock.BACKGROUND,
        *notices_cleaning.BACKGROUND,
    ],
    holds=Holdings(export, erase),
    seeds=pack_clients.SEEDS,
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
    declarations.equip(run)
    documents_work.equip(run)
    declare(run, app.openapi())
    provided_work.equip(run, settings)
    menus_work.equip(run)
    bootstrap_work.equip(run)
    everybody_work.equip(run, settings)
    home_work.equip(run, settings)
    erasures_work.equip(run)
    return app
