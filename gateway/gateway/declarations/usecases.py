"""The way to what is declared, for the slices that show it and those that know an owner."""

from gateway.declarations.rules import Declarations, MenuOffer, Part, Read, Reading, Section, State, Wanted
from shared.runtime import Runtime
from shared.settings import service_names

__all__ = ["Declarations", "MenuOffer", "Part", "Read", "Reading", "Section", "State", "Wanted", "equip"]


def equip(run: Runtime) -> None:
    """Nothing is declared yet: `run.part(Declarations)`."""
    ours = (service.removeprefix("svc-") for service in service_names(run.settings))
    run.parts[Declarations] = Declarations([run.name, *ours])
