"""Who may start now: how many calls of each tenant run at once in a process, and who waits for whom.

A tenant with nothing under way never waits for another. One that has calls under way or waiting gets as many at once as
its size says, and lets the others' calls go first, for a moment each: so a flood shares what is left, and is never
starved by a steady stream of others either. Sizes follow from recent use: all there is for a tenant alone, a fair share
beside others.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


class Overloaded(Exception):
    """The tenant has too many calls waiting, or one waited too long; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"This account has more calls under way than its share of this server; try again in {retry_after} s,"
            " with fewer at once."
        )


def fair_shares(capacity: int, demands: Mapping[str, int], least: int = 1) -> dict[str, int]:
    """Sizes so that nobody gets more than it asked for while another gets less than an equal part (max-min fairness).

    Each gets ``least``, also where that is more than there is: a size bounds, it does not forbid.
    """
    shares: dict[str, int] = {}
    left = capacity
    for done, (name, demand) in enumerate(sorted(demands.items(), key=lambda each: (each[1], each[0]))):
        shares[name] = max(least, min(demand, left // (len(demands) - done)))
        left = max(0, left - shares[name])
    return shares


def sizes(capacity: int, demands: Mapping[str, int], least: int = 1) -> dict[str, int]:
    """How many each may have at once: what the others' fair shares leave of the capacity."""
    shares = fair_shares(capacity, demands, least)
    taken = sum(shares.values())
    return {name: max(least, capacity - (taken - share)) for name, share in shares.items()}


@dataclass(frozen=True)
class Bounds:
    """
    :param capacity: calls at once of all tenants together; a tenant alone may use all of it
    :param patience: seconds a call waits at most
    :param let_in: whether it then runs all the same, as what must not be lost does; otherwise it is refused
    :param max_waiting: calls of one tenant that may wait, where they can be refused
    :param courtesy: seconds a tenant's next call lets those of others go first
    :param least: what each tenant may have at once, whatever the others do; more than one where work needs several
    """

    capacity: int
    least: int = 1
    patience: float = 10.0
    let_in: bool = False
    max_waiting: int = 32
    courtesy: float = 0.015


@dataclass
class TenantUse:
    """What a tenant uses now, and how often and long it has waited since this process began."""

    size: int
    running: int = 0
    waits: int = 0
    waited_seconds: float = 0.0
    refused: int = 0
    peak: int = 0  # under way at once since sizes were last reviewed
    used_at: float = 0.0
    queue: deque["_Waiting"] = field(default_factory=deque, repr=False)

    @property
    def under_way(self) -> int:
        return self.running + len(self.queue)


@dataclass
class _Waiting:
    first_since: float  # when it became the first of its tenant
    stirred: threading.Event = field(default_factory=threading.Event)
    admitted: bool = False


_ACTIVE_SECONDS = 5.0  # how long a tenant that called counts as one beside whom others share
_REVIEW_SECONDS = 0.25
_REMEMBERED = 1000  # tenants whose figures are kept


class Bulkhead:
    """One for a process and a lane of work."""

    def __init__(self, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self._clock = clock
        self._lock = threading.Lock()
        self._tenants: OrderedDict[str, TenantUse] = OrderedDict()  # the one that called last, last
        self._queued: OrderedDict[str, TenantUse] = OrderedDict()  # those with calls waiting, the next one first
        self._running = 0
        self._sizes: dict[str, int] = {}
        self._reviewed_at = float("-inf")

    @contextmanager
    def admitted(self, account_id: str) -> Iterator[float]:
        """Within, the call runs; gives the seconds it waited. :raises Overloaded: it may not"""
        waited = self.enter(account_id)
        try:
            yield waited
        finally:
            self.leave(account_id)

    def enter(self, account_id: str) -> float:
        """Wait until a call of this tenant may start; ``leave`` must follow. :raises Overloaded: it may not"""
        began = self._clock()
        with self._lock:
            use = self._used(account_id, began)
            if not use.queue and (use.running < self.bounds.least or self._has_room(account_id, use)):
                self._start(use)
                return 0.0
            if len(use.queue) >= self.bounds.max_waiting and not self.bounds.let_in:
                use.refused += 1
                raise Overloaded
            mine = _Waiting(began)
            use.queue.append(mine)
            use.waits += 1
            self._queued[account_id] = use
        return self._wait(account_id, use, mine, began)

    def leave(self, account_id: str) -> None:
        with self._lock:
            use = self._tenants[account_id]
            use.running -= 1
            self._running -= 1
            self._let_start()

    def others_running(self, account_id: str) -> bool:
        """Whether a call of another tenant runs: a glance, without waiting for anybody."""
        use = self._tenants.get(account_id)
        return self._running > (use.running if use else 0)

    def has_waiting(self, account_id: str) -> bool:
        return account_id in self._queued

    def others_at_ease(self, account_id: str) -> bool:
        """Whether a call runs of another tenant that has none waiting: a glance, too."""
        use = self._tenants.get(account_id)
        crowds = sum(use.running for name, use in list(self._queued.items()) if name != account_id)
        return self._running > crowds + (use.running if use else 0)

    def others_active(self, account_id: str) -> bool:
        """Whether another tenant called lately."""
        since = self._clock() - _ACTIVE_SECONDS
        with self._lock:
            latest = next((use for name, use in reversed(self._tenants.items()) if name != account_id), None)
            return latest is not None and latest.used_at > since

    def uses(self) -> dict[str, TenantUse]:
        """What each tenant uses, for whoever watches."""
        with self._lock:
            self._review_if_due(self._clock())
            for account_id, use in self._tenants.items():
                use.size = self._size(account_id)
            return dict(self._tenants)

    def forget(self, account_id: str) -> None:
        with self._lock:
            use = self._tenants.get(account_id)
            if use is not None and not (use.running or use.queue):
                del self._tenants[account_id]

    def _wait(self, account_id: str, use: TenantUse, mine: _Waiting, began: float) -> float:
        until = began + self.bounds.patience
        while not mine.admitted:
            mine.stirred.wait(self._seconds_to_next_look(use, mine, until))
            with self._lock:
                mine.stirred.clear()
                self._review_if_due(self._clock())
                self._let_start()
                if not mine.admitted and self._clock() >= until:
                    self._give_up(account_id, use, mine)
        waited = self._clock() - began
        with self._lock:
            use.waited_seconds += waited
        return waited

    def _seconds_to_next_look(self, use: TenantUse, mine: _Waiting, until: float) -> float:
        """The first of a tenant looks when others have had their moment, and now and then whether its size has grown.

        All else that lets it start is told it by whoever leaves; those behind it are stirred when they are the first.
        """
        with self._lock:
            now = self._clock()
            left = max(0.0, until - now)
            if not use.queue or use.queue[0] is not mine:
                return left
            courtesy_left = mine.first_since + self.bounds.courtesy - now
            return min(left, courtesy_left if courtesy_left > 0 else _REVIEW_SECONDS)

    def _give_up(self, account_id: str, use: TenantUse, mine: _Waiting) -> None:
        use.queue.remove(mine)
        self._mind_the_first(account_id, use)
        if not self.bounds.let_in:
            use.refused += 1
            raise Overloaded
        mine.admitted = True
        self._start(use)

    def _mind_the_first(self, account_id: str, use: TenantUse) -> None:
        """Another one is the first of its tenant now: it looks after its turn itself."""
        if use.queue:
            use.queue[0].first_since = self._clock()
            use.queue[0].stirred.set()
        else:
            self._queued.pop(account_id, None)

    def _used(self, account_id: str, now: float) -> TenantUse:
        use = self._tenants.get(account_id)
        if use is None:
            use = self._tenants[account_id] = TenantUse(self.bounds.capacity)
            self._forget_idle()
        self._tenants.move_to_end(account_id)
        use.used_at = now
        use.peak = max(use.peak, use.under_way + 1)
        if account_id in self._sizes:
            self._review_if_due(now)
        else:
            self._review(now)
        return use

    def _review_if_due(self, now: float) -> None:
        if now - self._reviewed_at > _REVIEW_SECONDS:
            self._review(now)

    def _review(self, now: float) -> None:
        demands: dict[str, int] = {}
        for account_id, use in reversed(self._tenants.items()):
            if now - use.used_at > _ACTIVE_SECONDS:
                break
            demands[account_id] = max(1, use.peak)
            use.peak = use.under_way
        self._sizes = sizes(self.bounds.capacity, demands, self.bounds.least)
        self._reviewed_at = now

    def _size(self, account_id: str) -> int:
        return self._sizes.get(account_id, self.bounds.capacity)

    def _has_room(self, account_id: str, use: TenantUse) -> bool:
        alone = not self.bounds.courtesy or self._running == use.running
        return use.running < self._size(account_id) and alone

    def _start(self, use: TenantUse) -> None:
        use.running += 1
        self._running += 1

    def _let_start(self) -> None:
        """Let those start whose turn it is: the first of each tenant that waits, tenant after tenant."""
        now = self._clock()
        for account_id, use in list(self._queued.items()):
            while use.queue and use.running < self._size(account_id):
                first = use.queue[0]
                if self._running > use.running and now - first.first_since < self.bounds.courtesy:
                    break
                use.queue.popleft()
                first.admitted = True
                self._start(use)
                first.stirred.set()
                self._queued.move_to_end(account_id)
                self._mind_the_first(account_id, use)

    def _forget_idle(self) -> None:
        while len(self._tenants) > _REMEMBERED:
            idle = next((name for name, use in self._tenants.items() if not (use.running or use.queue)), None)
            if idle is None:
                return
            del self._tenants[idle]
