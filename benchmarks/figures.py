"""Timings and what they tell: a series' figures, a row of a table, and a table as text or JSON."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figures:
    """A series in milliseconds."""

    count: int
    min: float
    median: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Figures:
        ordered = sorted(1000 * each for each in seconds)
        return cls(len(ordered), ordered[0], _at(ordered, 0.5), _at(ordered, 0.95), _at(ordered, 0.99))


@dataclass(frozen=True)
class Row:
    """One line of a table: a series of timings, or a single value, and what it is compared with.

    :param ratio: to the baseline, of the medians or the values; None for a baseline itself
    :param met: whether the target was met in this run
    """

    what: str
    figures: Figures | None = None
    value: float | None = None
    unit: str = "ms"
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def central(self) -> float:
        return self.figures.median if self.figures else self.value or 0.0


def timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def interleaved(contenders: Mapping[str, Callable[[], Any]], rounds: int, calls: int) -> dict[str, Figures]:
    """Each contender in turn, round after round, so that what else the machine does strikes all of them alike."""
    series: dict[str, list[float]] = {name: [] for name in contenders}
    for call in contenders.values():
        for _ in range(calls):
            call()  # caches, connections and prepared code are not what is measured
    for _ in range(rounds):
        for name, call in contenders.items():
            series[name] += [timed(call) for _ in range(calls)]
    return {name: Figures.of(seconds) for name, seconds in series.items()}


def as_text(rows: Sequence[Row]) -> str:
    width = max(len(row.what) for row in rows) + 1
    head = f"{'':<{width}}{'n':>7}{'min':>9}{'median':>9}{'p95':>9}{'p99':>9}  {'unit':<9}{'× base':>8}  target"
    return "\n".join([head, *(_line(row, width) for row in rows)])


def as_json(row: Row) -> dict[str, Any]:
    return {key: value for key, value in asdict(row).items() if value not in (None, "")}


def _line(row: Row, width: int) -> str:
    if row.figures:
        shown = row.figures
        numbers = f"{shown.count:>7}" + "".join(
            f"{_number(each):>9}" for each in (shown.min, shown.median, shown.p95, shown.p99)
        )
    else:
        numbers = " " * 16 + f"{'' if row.value is None else _number(row.value):>9}" + " " * 18
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    verdict = "" if row.met is None else ("  met" if row.met else "  MISSED")
    note = f"  ({row.note})" if row.note else ""
    return f"{row.what:<{width}}{numbers}  {row.unit:<9}{ratio:>8}  {row.target}{verdict}{note}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
