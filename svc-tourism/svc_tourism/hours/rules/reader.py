"""Reads clauses off the words, one word after the other."""

from dataclasses import replace

from svc_tourism.hours.rules.clauses import Clause, Moment
from svc_tourism.hours.rules.problems import NotUnderstood
from svc_tourism.hours.rules.words import Kind, Word, words_of

_SELECTORS = (Kind.DAY, Kind.DAYS, Kind.HOLIDAY, Kind.DATE)
_CLOCKS = (Kind.TIME, Kind.SUN)
_MIDNIGHT = 24 * 60


class Reader:
    """`clauses` reads the whole text. `zone` is what the city's zone is called (wib, wita, wit)."""

    def __init__(self, text: str, zone: str | None) -> None:
        self._text = text
        words = [word for word in words_of(text) if word.kind is not Kind.NOISE]
        self._words = [word for word in words if not _is_our_zone(word, zone)]
        self._place = 0
        self._done: list[Clause] = []
        self._now = Clause()
        self._ramadan = False
        self._excepting = False
        self._breaking: Clause | None = None

    def clauses(self) -> list[Clause]:
        """All of them. NotUnderstood names the first part that makes no sense."""
        while (word := self._peek()) is not None:
            self._place += 1
            self._take(word)
        self._close()
        if not self._done:
            raise NotUnderstood("hours_not_understood", self._text)
        return self._done

    def _take(self, word: Word) -> None:
        if word.kind in _SELECTORS:
            self._select(word)
        elif word.kind in _CLOCKS:
            self._span(word)
        elif word.kind is Kind.OFF:
            self._off(word)
        elif word.kind in (Kind.ALL_DAY, Kind.UNKNOWN):
            self._state("24h" if word.kind is Kind.ALL_DAY else "unknown", word)
        elif word.kind is Kind.RAMADAN:
            self._fast()
        elif word.kind is Kind.END:
            self._close()
            self._ramadan = self._now.ramadan = False
        elif word.kind is Kind.EXCEPT:
            self._excepting = True
        elif word.kind is Kind.BREAK:
            self._begin_break(word)
        else:
            raise NotUnderstood("hours_word_misplaced", word.part)

    def _select(self, word: Word) -> None:
        """Days, a date, or holidays: for this clause, for its exception, or for a new clause."""
        began = self._place
        days = self._days(word)
        part = "-".join(
            each.part for each in (word, *self._words[began : self._place]) if each.kind is not Kind.TO
        )
        if self._excepting:
            self._now.but |= days
            self._now.but_holiday |= word.kind is Kind.HOLIDAY
            self._now.but_dates += _dates(word)
            return
        if self._breaking is None and self._now.complete and not (self._now.state and not self._now.selects):
            self._close()
        clause = self._breaking or self._now
        clause.holiday |= word.kind is Kind.HOLIDAY
        clause.dates += _dates(word)
        if word.kind in (Kind.DAY, Kind.DAYS):
            clause.days = (clause.days or set()) | days
        clause.part = f"{clause.part} {part}".strip()

    def _days(self, word: Word) -> set[int]:
        if word.kind in (Kind.HOLIDAY, Kind.DATE):
            return set()
        if isinstance(word.value, frozenset):
            return set(word.value)
        first = last = int(word.value)
        if self._follows(Kind.TO) and self._follows(Kind.DAY, 1):
            last = int(str(self._words[self._place + 1].value))
            self._place += 2
        return {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}

    def _span(self, word: Word) -> None:
        """`08.00-17.00`: also as "buka 8 tutup 17", and open at its end ("selesai")."""
        start, end, part = self._moment(word), self._end_of(word), word.part
        start = 0 if start == _MIDNIGHT else start
        if start == end:
            raise NotUnderstood("hours_range_empty", f"{part}-{self._words[self._place - 1].part}")
        if self._breaking is not None:
            self._end_break(start, end, part)
            return
        if self._excepting and self._now.complete:
            self._different_times()
        elif self._now.state == "off":
            raise NotUnderstood("hours_word_misplaced", part)
        elif self._now.state:
            self._close()
        self._excepting = False
        self._now.spans.append((start, end))
        self._now.part = f"{self._now.part} {part}".strip()

    def _end_of(self, word: Word) -> Moment | None:
        if not (self._follows(Kind.TO) or self._follows(Kind.OFF)):
            raise NotUnderstood("hours_end_missing", word.part)
        self._place += 1
        last = self._peek()
        if last is None or last.kind not in (*_CLOCKS, Kind.OPEN_END):
            raise NotUnderstood("hours_end_missing", word.part)
        self._place += 1
        return None if last.kind is Kind.OPEN_END else self._moment(last)

    def _off(self, word: Word) -> None:
        if self._excepting:
            return
        if (self._now.spans or self._goes_on()) and self._closes_for_hours():
            self._begin_break(word)
            return
        self._state("off", word)

    def _closes_for_hours(self) -> bool:
        """Whether times follow, at once or behind one day: "tutup Jumat 11.30-13.00" is a break."""
        behind = 1 if self._follows(Kind.DAY) else 0
        return any(self._follows(kind, behind) for kind in _CLOCKS)

    def _state(self, state: str, word: Word) -> None:
        if self._now.complete:
            self._close()
        self._excepting = False
        self._now.state = state
        self._now.part = word.part if state == "unknown" else f"{self._now.part} {word.part}".strip()

    def _fast(self) -> None:
        """Before its hours, or behind them at the end of a sentence ("08.00-15.00 selama Ramadan")."""
        following = self._peek()
        if self._now.complete and (following is None or following.kind is Kind.END):
            self._now.ramadan = True
            return
        if self._now.complete:
            self._close()
        self._ramadan = self._now.ramadan = True

    def _begin_break(self, word: Word) -> None:
        """Of this clause; or of its days in the clause before: "Jumat istirahat 11.30-13.00"."""
        if self._goes_on():
            self._breaking, self._now = self._now, Clause(ramadan=self._ramadan)
        elif self._now.spans:
            self._breaking = Clause(part=word.part)
        else:
            raise NotUnderstood("hours_break_outside", word.part)

    def _goes_on(self) -> bool:
        """Whether this clause has days alone so far, and the one before has times, in the same season."""
        before = self._done[-1] if self._done else Clause()
        alike = before.ramadan == self._now.ramadan
        return alike and bool(before.spans) and self._now.selects and not self._now.complete

    def _end_break(self, start: Moment, end: Moment | None, part: str) -> None:
        """A break of all days of the clause, or of the days it names: those get a clause of their own."""
        pause, self._breaking = self._breaking or Clause(), None
        if end is None:
            raise NotUnderstood("hours_end_missing", part)
        if pause.selects:
            self._close()
            before = self._done[-1]
            if before.days is not None and not (pause.days or set()) <= before.days:
                raise NotUnderstood("hours_break_outside", pause.part)
            self._now = replace(pause, ramadan=before.ramadan, spans=list(before.spans))
        self._now.without(start, end, part)

    def _different_times(self) -> None:
        """ "Setiap hari 08.00-17.00 kecuali Jumat 08.00-11.30": the exception has hours of its own."""
        days, holiday, dates = self._now.but, self._now.but_holiday, self._now.but_dates
        self._now.but, self._now.but_holiday, self._now.but_dates = set(), False, []
        self._close()
        self._now.days, self._now.holiday, self._now.dates = days or None, holiday, dates

    def _close(self) -> None:
        clause, self._now = self._now, Clause(ramadan=self._ramadan)
        self._excepting = False
        if self._breaking is not None:
            raise NotUnderstood("hours_end_missing", self._breaking.part)
        before = self._done[-1] if self._done else None
        if clause.selects and not clause.complete and before and not before.selects and before.spans:
            before.days, before.holiday = clause.days, clause.holiday  # "08.00-17.00 setiap hari"
            before.dates = clause.dates
        elif clause.complete or clause.selects:
            self._done.append(clause)

    def _peek(self) -> Word | None:
        return self._words[self._place] if self._place < len(self._words) else None

    def _follows(self, kind: Kind, after: int = 0) -> bool:
        place = self._place + after
        return place < len(self._words) and self._words[place].kind is kind

    @staticmethod
    def _moment(word: Word) -> Moment:
        return word.value if isinstance(word.value, (int, str)) else 0


def _dates(word: Word) -> list[str]:
    return [str(word.value)] if word.kind is Kind.DATE else []


def _is_our_zone(word: Word, zone: str | None) -> bool:
    if word.kind is Kind.ZONE and zone is not None and word.value != zone:
        raise NotUnderstood("hours_zone_other", word.part)
    return word.kind is Kind.ZONE
