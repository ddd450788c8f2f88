"""Puts the edge together, once, at start."""

from pathlib import Path

from fastapi import FastAPI

from gateway.documents import rules
from gateway.edge.addresses import Addresses
from gateway.edge.answers import Answers
from gateway.edge.cache.counters import CacheMetrics
from gateway.edge.cache.flights import Flights
from gateway.edge.cache.kept import KeptAnswers
from gateway.edge.cache.serving import Serving
from gateway.edge.cache.store import Store
from gateway.edge.catalogue import Catalogue
from gateway.edge.fresh import Documents, Memory
from gateway.edge.gcra import Policy
from gateway.edge.identity import Identities
from gateway.edge.keys import ClientKeys
from gateway.edge.limits import Limits
from gateway.edge.metrics import EdgeMetrics
from gateway.edge.pipeline import GatewayEdge, Parts
from gateway.edge.proxy import Proxy
from gateway.edge.rate_file import RateFile
from gateway.edge.shortcuts import Shortcuts
from gateway.edge.tokens import AccessTokens
from gateway.edge.upstream import Upstream
from gateway.edge.who import Who
from gateway.settings import GatewaySettings
from gateway.usage import usecases as usage
from shared.auth import Signer
from shared.events.bus import stream_of
from shared.health import OpsApp
from shared.runtime import Runtime
from shared.settings import ServiceAddress


def gateway_edge(app: FastAPI, run: Runtime) -> None:
    """The gateway's edge in place of a service's, before FastAPI: a passed request costs half without it.

    ValueError if two services claim one prefix.
    """
    settings = run.settings
    if not isinstance(settings, GatewaySettings):
        raise TypeError("the gateway's edge needs GatewaySettings")
    _refuse_shared_prefixes(settings.services)
    metrics = EdgeMetrics(run.metrics, usage.equip(run))
    catalogue = Catalogue(app.openapi(), settings.services, title=run.city.name.id, url=settings.public_url)
    keys, tokens = ClientKeys(), AccessTokens(run.keys, run.clock)
    limits = _limits(settings, run, metrics)
    upstreams = {s.name: Upstream(s, settings.upstream_pool, metrics) for s in settings.services}
    proxy = Proxy(upstreams, Identities(Signer(settings.identity_key), run.clock))
    who = Who(keys, tokens, limits, run.clock)
    documents = Documents(run, catalogue, settings.services, settings.documents_seconds)
    memory = Memory(run, keys, tokens)
    kept = _kept(settings, run)
    run.parts |= {Catalogue: catalogue, Documents: documents, Memory: memory, Proxy: proxy}
    run.parts |= {KeptAnswers: kept, Answers: Answers(catalogue, kept)}
    run.parts[OpsApp] = OpsApp(run, Path(__file__).parent.parent)
    run.closers += [upstream.close for upstream in upstreams.values()]
    run.degraded += [catalogue.troubles, lambda: _broken(upstreams)]
    run.needs_database = False
    run.not_ready.append(lambda: _missing(documents, memory))
    shortcuts = run.parts[Shortcuts] = Shortcuts()
    parts = Parts(catalogue, who, limits, proxy, metrics, run.texts, run.tracing, Serving(kept), shortcuts)
    app.state.front = GatewayEdge(app, parts)


def _limits(settings: GatewaySettings, run: Runtime, metrics: EdgeMetrics) -> Limits:
    file = RateFile(settings.rate_file)

    async def close() -> None:
        file.close()

    run.closers.append(close)
    address = Policy("address", settings.address_rate, settings.address_burst)
    user = Policy("user", settings.user_rate, settings.user_burst)
    return Limits(file, Addresses(settings.trusted_proxies), address, user, metrics)


def _kept(settings: GatewaySettings, run: Runtime) -> KeptAnswers:
    store = Store(settings.cache_bytes)
    lasts = {"seconds": settings.cache_seconds, "stale_seconds": settings.cache_stale_seconds}
    flights = Flights(store, run.clock, **lasts)
    run.bus.streams.update(stream_of(service.name) for service in settings.services)
    run.closers.append(flights.close)
    return KeptAnswers(store, flights, CacheMetrics(run.metrics, store))


def _refuse_shared_prefixes(services: tuple[ServiceAddress, ...]) -> None:
    prefixes = [prefix for service in services for prefix in service.prefixes]
    for prefix in prefixes:
        if sum(rules.within(prefix, other) for other in prefixes) > 1:
            raise ValueError(f"SERVICES: the prefix {prefix} lies within another one")


def _broken(upstreams: dict[str, Upstream]) -> list[str]:
    return [f"{u.name}: does not answer" for u in upstreams.values() if u.breaker.state != "closed"]


def _missing(documents: Documents, memory: Memory) -> list[str]:
    missing = [] if documents.begun else ["route table"]
    return missing if memory.loaded else [*missing, "front-end keys"]
