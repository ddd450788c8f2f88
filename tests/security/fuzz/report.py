"""What came of a run: a table of operation × role, what failed, what was never reached."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

_DONE, _ELSEWHERE = range(200, 300), range(300, 400)


class Report:
    """Collects the lines of the runner."""

    def __init__(
        self,
        roles: tuple[str, ...],
        described: Mapping[str, Mapping[str, Any]],
        shown: pytest.CaptureFixture[str] | None,
    ) -> None:
        self.roles, self._shown = roles, shown
        self._good = {label: good(operation) for label, operation in described.items()}
        self.cases = 0
        self.reached: dict[str, dict[str, int]] = defaultdict(dict)
        self.failures: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def take(self, line: Mapping[str, Any]) -> None:
        """One line."""
        if "error" in line:
            self._fail(f"{line['role']} {line['label']}: error", line["error"])
            return
        statuses = {int(status): times for status, times in line["statuses"].items()}
        self.cases += line["requests"]
        self._show(line)
        known, reached = self.reached[line["label"]], self._good.get(line["label"], _DONE)
        if statuses:
            best = min(statuses, key=lambda status: (status not in reached, status))
            held = known.get(line["role"], best)
            known[line["role"]] = min(best, held, key=lambda s: (s not in reached, s))
        for failure in line["failures"]:
            name = f"{line['role']} {line['label']}: {failure['check']} ({line['phase']})"
            self._fail(name, failure["message"])

    def _show(self, line: Mapping[str, Any]) -> None:
        """Progress, for whoever waits for a deep run."""
        self._print(f"{self.cases:>7} requests  {line['role']:<9} {line['phase']:<8} {line['label'] or ''}")

    def _print(self, words: str) -> None:
        if self._shown is not None:
            with self._shown.disabled():
                print(words, file=sys.stderr)

    def _fail(self, name: str, message: str) -> None:
        self.failures[name] += 1
        if name not in self.first:
            self.first[name] = message
            self._print(f"FAILED {name}\n{message}")

    def unreached(self, labels: Iterable[str]) -> list[str]:
        """Operations that nobody got a 2xx from: they need seeds, or are broken."""
        return [
            label for label in labels if not any(s in self._good[label] for s in self.reached[label].values())
        ]

    def told(self) -> str:
        """Each failure once, with how often it came and a command that shows it."""
        parts = (f"{times} × {name}\n{self.first[name]}" for name, times in self.failures.items())
        return "\n\n".join(parts)

    def table(self, labels: list[str], seconds: float) -> list[str]:
        """The best status of each role, then the share reached, the cases and the seconds."""
        width = max(map(len, labels))
        lines = [" " * width + "".join(f"{role[:6]:>7}" for role in self.roles)]
        for label in labels:
            row = (self.reached[label].get(role, "") for role in self.roles)
            lines.append(f"{label:<{width}}" + "".join(f"{status:>7}" for status in row))
        missing = self.unreached(labels)
        share = 1 - len(missing) / len(labels)
        lines.append(f"reached with 2xx: {len(labels) - len(missing)} of {len(labels)} ({share:.0%})")
        lines += [f"never: {label}" for label in missing]
        lines.append(f"{self.cases} requests, {sum(self.failures.values())} failures, {seconds:.0f} s")
        return lines


def good(operation: Mapping[str, Any]) -> range:
    """The statuses that reach an operation: 2xx; 3xx where its document states no 2xx."""
    return _DONE if any(status.startswith("2") for status in operation["responses"]) else _ELSEWHERE
