"""The way to the services, as the platform itself."""

from gateway.edge.identity import Identities
from gateway.services.client import Services
from gateway.settings import GatewaySettings
from shared.auth import Signer
from shared.runtime import Runtime


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """One for this worker; needs its signer."""
    run.parts[Services] = Services(settings.services, Identities(run.part(Signer), run.clock))
