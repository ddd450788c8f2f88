"""Texts for people in id and en: a package brings its own, the city pack overrides them by key."""

import string
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import RootModel

from shared.city.files import File, read_yaml
from shared.city.problems import Problems

LANGUAGES = ("id", "en")
_FALLBACK = "id"


class _TextFile(RootModel[dict[str, str]]):
    """A flat file: key with dots, then the text; {names} in braces are filled in."""


class Texts:
    """Finds a text by key and language."""

    def __init__(self, by_language: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = {language: dict(by_language.get(language, {})) for language in LANGUAGES}

    def get(self, key: str, language: str) -> str:
        """In `language`, else in Indonesian. KeyError if no package has the key."""
        return self._texts.get(language, {}).get(key) or self._texts[_FALLBACK][key]

    def has(self, key: str) -> bool:
        """Whether `get` would find it."""
        return key in self._texts[_FALLBACK]

    def names(self) -> list[str]:
        """Every key `get` would find, in order."""
        return sorted(self._texts[_FALLBACK])

    def missing(self) -> list[str]:
        """'<language>: <key>' of every text that one language has and another has not."""
        keys = {key for texts in self._texts.values() for key in texts}
        return [f"{name}: {key}" for name, texts in self._texts.items() for key in sorted(keys - set(texts))]


def load_texts(packages: Sequence[Path], pack: Path | None = None) -> Texts:
    """`texts/{id,en}.yaml` of each package folder, later ones over earlier ones, the pack's over all.

    PackError if a file is missing or broken, or if a text wants a {name} that the package's Indonesian text
    does not have. Keys of the pack that none of these packages has are meant for other packages.
    """
    problems = Problems()
    merged: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for package in packages:
        files = read_texts(package, problems)
        _check_names(files, files[0].value.root if files else {}, problems)
        _merge(files, merged)
    if pack is not None:
        files = read_texts(pack, problems)
        _check_names(files, merged[_FALLBACK], problems)
        _merge(files, merged)
    if problems:
        raise problems.error()
    return Texts(merged)


def read_texts(folder: Path, problems: Problems) -> list[File[_TextFile]]:
    """Both text files of a folder, in the order of LANGUAGES; empty if one cannot be used."""
    paths = [folder / "texts" / f"{language}.yaml" for language in LANGUAGES]
    files = [file for path in paths if (file := read_yaml(path, _TextFile, problems)) is not None]
    for file in files:
        for key, text in file.value.root.items():
            if _names(text) is None:
                file.source.add(problems, "braces hold one name each: {name}; write {{ for a brace", key)
    return files if len(files) == len(LANGUAGES) else []


def _check_names(files: Sequence[File[_TextFile]], own: Mapping[str, str], problems: Problems) -> None:
    for file in files:
        for key, text in file.value.root.items():
            for name in sorted((_names(text) or set()) - (_names(own.get(key, text)) or set())):
                file.source.add(problems, f"{{{name}}} is not in the package's Indonesian text", key)


def _merge(files: Sequence[File[_TextFile]], merged: Mapping[str, dict[str, str]]) -> None:
    for language, file in zip(LANGUAGES, files, strict=False):
        merged[language].update(file.value.root)


def _names(text: str) -> frozenset[str] | None:
    """The names a text wants filled in; None if its braces are not well formed."""
    try:
        names = frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return None
    return names if all(name.isidentifier() for name in names) else None
