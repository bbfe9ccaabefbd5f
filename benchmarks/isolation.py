"""100,000 generated calls of two tenants for what is the other's, over HTTP, against two real databases: none answered.

The generator and the eyes are those of ``tests/isolation``. ``ISOLATION_CALLS=2000`` makes it shorter,
``ISOLATION_SEED`` chooses other calls.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from stack import paths
from stack.console import Failure, say
from stack.instance import Instance

from tests.isolation import sides as two
from tests.isolation.canaries import Side
from tests.isolation.crossing import AtRandom, Crossing
from tests.isolation.watch import leak, own_retrievals, send
from tests.served_stack import served_stack

from .figures import Row, timed

CALLS = int(os.environ.get("ISOLATION_CALLS", "100000"))
SEED = int(os.environ.get("ISOLATION_SEED", "1"))
THREADS = 4
TOLD_EVERY = 10_000
TOOLS_SHARE = 0.35  # of the calls; the others end at a door, which costs the server a tenth of a tool


@dataclass
class Tally:
    """What the threads have seen together."""

    begun: int = 0
    done: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> int | None:
        with self.lock:
            if self.begun >= CALLS or self.leaks:
                return None
            self.begun += 1
            return self.begun

    def note(self, kind: str, leak: str | None) -> None:
        with self.lock:
            self.done += 1
            self.kinds[kind] += 1
            if leak:
                self.leaks.append(leak)
            if self.done % TOLD_EVERY == 0:
                say(f"  {self.done:,} calls, {len(self.leaks)} answered")


def run(_instance: Instance) -> list[Row]:
    tally = Tally()
    with served_stack(paths.LOG / "bench-isolation.log", two.LOOK_ALIKES) as stack:
        pair = two.both(stack)
        port = stack.serving.port
        canaries = sum(len(side.canaries) for side in pair)
        seconds = timed(lambda: _attack(port, pair, tally))
        kept = canaries - sum(len(own_retrievals(port, side)) for side in pair)
    for told in tally.leaks:
        say(told)
    if tally.leaks:
        raise Failure(f"{len(tally.leaks)} calls were answered across tenants", "look at the lines above")
    rows = [
        Row("canaries retrieved by their own key", value=kept, unit="of", ratio=kept / canaries, met=kept == canaries),
        Row("calls across tenants", value=tally.done, unit="calls", target=f"= {CALLS:,}", met=tally.done == CALLS),
        Row("answered", value=len(tally.leaks), unit="calls", target="= 0", met=not tally.leaks),
        Row("calls a second", value=tally.done / seconds, unit="1/s"),
    ]
    return rows + [Row(f"  {kind}", value=count, unit="calls") for kind, count in tally.kinds.most_common()]


def _attack(port: int, pair: Sequence[Side], tally: Tally) -> None:
    threads = [
        threading.Thread(target=_knock, args=(port, pair[number % 2], pair[1 - number % 2], SEED + number, tally))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _knock(port: int, own: Side, other: Side, seed: int, tally: Tally) -> None:
    choice, crossing = AtRandom(seed), Crossing(own, other)
    while tally.next():
        request = crossing.at_a_tool(choice) if choice.chance(TOOLS_SHARE) else crossing.at_a_door(choice)
        try:
            found = leak(request, send(port, request), other)
        except OSError as error:
            found = f"no answer ({error}): {request}"
        tally.note(request.kind, found)
