"""Whether the time of a refusal tells why: unknown tenants, malformed, wrong, foreign and revoked credentials, on
each route, one after another in the same run.

What is compared are distributions: the greatest distance of their cumulative shares (Kolmogorov and Smirnov's), beside
that of two halves of the same series, which is what chance alone gives.
"""

from __future__ import annotations

import os
import random
import statistics
from bisect import bisect_right
from collections.abc import Sequence

from stack import paths
from stack.instance import Instance

from tests.isolation.doors import GENUINE, doors
from tests.isolation.watch import send
from tests.served_stack import served_stack

from .figures import Figures, Row, timed

ROUNDS = int(os.environ.get("REFUSALS_ROUNDS", "400"))
BASE = "wrong"
FAR = 0.2  # a distance that hundreds of requests would reveal


def run(_instance: Instance) -> list[Row]:
    rows: list[Row] = []
    with served_stack(paths.LOG / "bench-refusals.log", {"acme": None, "acme-x": None}) as stack:
        for door in doors(stack):
            series: dict[str, list[float]] = {why: [] for why in door.refused}
            for number in range(ROUNDS + 20):
                names = list(series)
                random.Random(number).shuffle(names)  # whatever else the machine does strikes all of them alike
                for why in names:
                    request = door.refused[why]()
                    seconds = timed(lambda request=request: send(stack.serving.port, request))
                    if number >= 20:
                        series[why].append(seconds)
            rows += _compared(door.name, series)
    return rows


def _compared(door: str, series: dict[str, list[float]]) -> list[Row]:
    base = series[BASE]
    chance = distance(base[::2], base[1::2])
    rows = [Row(f"{door}: {BASE}", Figures.of(base), note=f"distance by chance {chance:.2f}")]
    for why, seconds in series.items():
        if why == BASE:
            continue
        far = distance(base, seconds)
        genuine = why in GENUINE
        rows.append(
            Row(
                f"{door}: {why}",
                Figures.of(seconds),
                ratio=statistics.median(seconds) / statistics.median(base),
                target="" if genuine else f"distance < {FAR}",
                met=None if genuine else far < FAR,
                note=f"distance {far:.2f}" + (", genuine once: its holder knew" if genuine else ""),
            )
        )
    return rows


def distance(first: Sequence[float], second: Sequence[float]) -> float:
    """0: the same distribution; 1: every value of one below every value of the other."""
    one, two = sorted(first), sorted(second)
    return max(abs(bisect_right(one, at) / len(one) - bisect_right(two, at) / len(two)) for at in (*one, *two))
