"""A copy of the Tangerang pack that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.city.pack import load_city
from shared.city.problems import PackError

TANGERANG = Path(__file__).parents[3] / "deploy/cities/tangerang"
Spoil = Callable[[str, str, str], tuple[int, list[str]]]


@pytest.fixture
def tangerang() -> Path:
    return TANGERANG


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TANGERANG, tmp_path / "city"))


@pytest.fixture
def spoil(pack: Path) -> Spoil:
    """Replace the first `old` in a file: its line, and the problems that now stop the city from loading."""

    def spoil(file: str, old: str, new: str) -> tuple[int, list[str]]:
        path = pack / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(PackError) as caught:
            load_city(pack)
        line = text.count("\n", 0, text.index(old)) + 1
        return line, [str(problem).removeprefix(f"{pack}/") for problem in caught.value.problems]

    return spoil
