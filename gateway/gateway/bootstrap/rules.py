"""Versions compared as semver.org says, and which apps something is meant for."""

import re
from dataclasses import dataclass
from typing import Literal

PLATFORMS = ("android", "ios", "web")
_LONGEST = 64
_NUMBER = r"(?:0|[1-9][0-9]*)"
_WORD = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_PARTS = (
    rf"({_NUMBER})(?:\.({_NUMBER}))?(?:\.({_NUMBER}))?"
    rf"(?:-({_WORD}(?:\.{_WORD})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_VERSION = re.compile(_PARTS)
PATTERN = f"^{_PARTS}$"
"""For documents."""

Version = tuple[tuple[int, int, int], bool, tuple[tuple[int, int, str], ...]]
"""Compares by precedence (semver.org 2.0.0, section 11): the numbers, then whether it is released, then the
identifiers of a pre-release: numbers before words, fewer before more. The build is nothing."""

Update = Literal["none", "recommended", "required"]


def version(text: str | None) -> Version | None:
    """The version written there, or None if it cannot be read.

    Beyond semver.org a version may end early: `1.10` is 1.10.0, as stores and apps write it.
    """
    found = _VERSION.fullmatch(text) if text is not None and len(text) <= _LONGEST else None
    if found is None:
        return None
    major, minor, patch, before = found.groups()
    words = tuple(_identifier(word) for word in before.split(".")) if before else ()
    return (int(major), int(minor or 0), int(patch or 0)), not words, words


def platform(text: str | None) -> str:
    """What is named in X-App-Platform; whoever names none, or one nobody knows, is taken for a browser."""
    name = (text or "").strip().lower()
    return name if name in PLATFORMS else "web"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: platform, version if it can be read, language, and whether a member of staff is signed in."""

    language: str
    platform: str = "web"
    version: Version | None = None
    staff: bool = False


def asking(language: str, named: str | None, stated: str | None, *, staff: bool = False) -> Asking:
    """From the headers X-App-Platform and X-App-Version, as they came."""
    return Asking(language, platform(named), version(stated), staff)


@dataclass(frozen=True, slots=True)
class Aim:
    """Whom something is meant for; what is empty means all. Versions from `from_version`, below `below`.

    An app whose version cannot be read is in no range of versions.
    """

    platforms: tuple[str, ...] = ()
    from_version: Version | None = None
    below: Version | None = None
    languages: tuple[str, ...] = ()

    @property
    def by_version(self) -> bool:
        """Whether it depends on the version."""
        return self.from_version is not None or self.below is not None

    @property
    def narrowness(self) -> int:
        """How many things it asks for: of two that fit, the narrower one counts."""
        return bool(self.platforms) + self.by_version + bool(self.languages)

    def fits(self, who: Asking) -> bool:
        """Whether it is meant for this one."""
        if self.platforms and who.platform not in self.platforms:
            return False
        if self.languages and who.language not in self.languages:
            return False
        if not self.by_version:
            return True
        if who.version is None or (self.from_version is not None and who.version < self.from_version):
            return False
        return self.below is None or who.version < self.below


def needed(
    current: Version | None, latest: Version | None, minimum: Version | None, required: bool
) -> Update:
    """Whether an app must or should be updated.

    Forced only if it is older than the minimum, or older than the newest version where that one is required;
    never for a version that cannot be read.
    """
    if current is None:
        return "none"
    behind = latest is not None and current < latest
    if (behind and required) or (minimum is not None and current < minimum):
        return "required"
    return "recommended" if behind else "none"


def _identifier(word: str) -> tuple[int, int, str]:
    return (0, int(word), "") if word.isdecimal() else (1, 0, word)
