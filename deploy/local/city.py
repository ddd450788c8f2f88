"""Which city a stack serves: chosen at its first start, and the same ever after."""

from dataclasses import replace
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.layout import Stack

CITIES = Path("deploy", "cities")
_USUAL = "tangerang"


def settled(stack: Stack) -> Stack:
    """The stack with its city: CITY_PACK (a path), CITY, else that of its last start, else tangerang.

    StackError if the pack cannot be used, each mistake with file and line, or if the data is another city's.
    """
    from shared.city.pack import load_city
    from shared.city.problems import PackError

    before = stack.as_started()
    pack = pack_folder(stack, before)
    try:
        city = load_city(pack)
    except PackError as error:
        raise StackError(f"the city pack cannot be used:\n{error}") from error
    if before.city and before.city != city.code:
        raise StackError(
            f"The data in {stack.folder} is of the city {before.city}, and one installation serves one city. "
            f"Start {city.code} beside it, for instance with\n"
            f"  make up CITY={city.code} RUN_FOLDER=.run-{city.code} PORT_BASE={stack.port_base + 1_000}\n"
            "or delete that data first with make reset."
        )
    return replace(stack, pack=str(pack), city=city.code)


def pack_folder(stack: Stack, before: Stack) -> Path:
    """The folder of the pack the caller names, else of the last start; StackError if it is not there."""
    usual = stack.root / CITIES / (stack.given.get("CITY") or before.city or _USUAL)
    named = stack.given.get("CITY_PACK") or ("" if stack.given.get("CITY") else before.pack)
    pack = stack.root / named if named else usual
    if not pack.is_dir():
        known = ", ".join(
            sorted(folder.name for folder in (stack.root / CITIES).iterdir() if folder.is_dir())
        )
        raise StackError(
            f"no city pack at {pack}; set CITY to a folder of {CITIES} ({known}), or CITY_PACK to a path"
        )
    return pack.resolve()
