"""Whose work comes next, where several tenants' waits for the same places.

The tenant with the fewest places occupied comes first, and of those the one that was served least lately; within a
tenant, work keeps its own order. So a hundred waiting jobs of one tenant delay another's first by none or one, however
they are numbered and whenever they came. Where there are enough places, one is kept from whoever has all others.
"""

from collections.abc import Iterable, Mapping

_ENOUGH = 3  # with fewer places, one kept free would be too much of them


def most_of_one(capacity: int | None) -> int | None:
    """How many of so many places one tenant may occupy; None is without limit."""
    if not capacity:
        return None
    return capacity - 1 if capacity >= _ENOUGH else capacity


class TurnTaking:
    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._count = 0

    def next_of(self, waiting: Iterable[str], occupied: Mapping[str, int], capacity: int | None) -> str | None:
        """Of the tenants that wait, the one whose turn it is; it counts as served. None: nobody may have a place."""
        most = most_of_one(capacity)
        may = [name for name in waiting if most is None or occupied.get(name, 0) < most]
        if not may:
            return None
        chosen = min(may, key=lambda name: (occupied.get(name, 0), self._served.get(name, 0), name))
        self._count += 1
        self._served[chosen] = self._count
        return chosen
