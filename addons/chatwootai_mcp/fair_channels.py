"""queue_job's channels serve the tenants in turn.

A channel's capacity is for all databases together and its queue orders jobs by priority and age: a hundred jobs of one
tenant would go before the first of another. Here each channel keeps a queue per tenant and lets `TurnTaking` choose
whose is next; priority and age order the jobs within a tenant, as ever.
"""

from collections import Counter

from odoo.addons.queue_job.jobrunner import channels

from .tenancy.turn_taking import TurnTaking


class TenantsQueue(channels.ChannelQueue):
    """Jobs that are due, one queue a tenant; those with a time to come wait as before."""

    def __init__(self, channel):
        super().__init__()
        self._channel = channel
        self._turns = TurnTaking()
        self._of_tenant = {}

    def __len__(self):
        return len(self._eta_queue) + sum(map(len, self._of_tenant.values()))

    def __contains__(self, job):
        return job in self._eta_queue or job in self._of_tenant.get(job.db_name, ())

    def add(self, job):
        if job.eta:
            self._eta_queue.add(job)
        else:
            self._of_tenant.setdefault(job.db_name, channels.PriorityQueue()).add(job)

    def remove(self, job):
        self._eta_queue.remove(job)
        if job.db_name in self._of_tenant:
            self._of_tenant[job.db_name].remove(job)
            self._forget_if_empty(job.db_name)

    def pop(self, now):
        while self._eta_queue and self._eta_queue[0].eta <= now:
            due = self._eta_queue.pop()
            due.set_no_eta()
            self.add(due)
        if self.sequential:
            return self._next_in_sequence()
        occupied = Counter(job.db_name for job in self._channel._running)
        name = self._turns.next_of(self._of_tenant, occupied, self._channel.capacity)
        return self._take(name) if name else None

    def _next_in_sequence(self):
        """A sequential channel is one line: the first of all, and none while one before it waits for its time."""
        firsts = {name: queue[0] for name, queue in self._of_tenant.items()}
        if not firsts:
            return None
        name = min(firsts, key=lambda each: firsts[each])
        later = self._eta_queue[0] if self._eta_queue else None
        if later and later.sorting_key_ignoring_eta() < firsts[name].sorting_key_ignoring_eta():
            return None
        return self._take(name)

    def _take(self, name):
        job = self._of_tenant[name].pop()
        self._forget_if_empty(name)
        return job

    def _forget_if_empty(self, name):
        if not self._of_tenant[name]:
            del self._of_tenant[name]


class TenantsChannel(channels.Channel):
    def __init__(self, name, parent, capacity=None, sequential=False, throttle=0, paused=False):
        super().__init__(name, parent, capacity, sequential, throttle, paused)
        self._queue = TenantsQueue(self)
        self.sequential = sequential

    def waiting(self):
        """How many jobs wait here, by tenant."""
        counts = Counter({name: len(queue) for name, queue in self._queue._of_tenant.items()})
        counts.update(job.db_name for job in self._queue._eta_queue._known - self._queue._eta_queue._removed)
        return counts


channels.Channel = TenantsChannel
