"""What a resync has to do: the difference between the chunks there should be and those that are stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from .chunk import Chunk


@dataclass(frozen=True)
class Changes:
    upserts: list[Chunk]
    deletes: list[str]
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.upserts or self.deletes)

    def counts(self) -> dict[str, int]:
        return {"upserted": len(self.upserts), "deleted": len(self.deletes), "unchanged": self.unchanged}


def changes_between(wanted: Mapping[str, Chunk], stored_digests: Mapping[str, str]) -> Changes:
    """Compare by digest alone: nothing is embedded to find out that nothing changed."""
    upserts = [chunk for chunk in wanted.values() if stored_digests.get(chunk.id) != chunk.digest]
    deletes = sorted(stored_digests.keys() - wanted.keys())
    return Changes(upserts, deletes, len(wanted) - len(upserts))


def within(changes: Changes, stored_digests: Mapping[str, str], room: int) -> tuple[Changes, int]:
    """The changes that fit where so many points may be added, and how many chunks are left out.

    What replaces a stored point always fits, and what is deleted makes room.
    """
    new = [chunk.id for chunk in changes.upserts if chunk.id not in stored_digests]
    left_out = set(new[max(0, room + len(changes.deletes)) :])
    upserts = [chunk for chunk in changes.upserts if chunk.id not in left_out]
    return Changes(upserts, changes.deletes, changes.unchanged), len(left_out)
