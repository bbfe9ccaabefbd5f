"""Values read once for many requests, and never served once another process has told of a change.

Odoo's own cache is emptied when a request finds that something was signaled. But a request that began before may still
be reading, and then puts what it read, which is old, into the emptied cache. So a value is kept under the generation
(the signal's number) that its reader's own snapshot shows, and is found only by those whose process has seen no later.
"""

from odoo import models, tools


class Outdated(Exception):
    """A change was signaled after this reader's snapshot was taken: what it read is its own, and nobody else's."""

    def __init__(self, value):
        super().__init__()
        self.value = value


class SignaledCache(models.AbstractModel):
    _name = "chatwootai.signaled.cache"
    _description = "Cache that no late reader fills with what is old"

    def _cached(self, name, argument):
        """What the method of this name says of the argument; a write of these models must call `clear_cache`."""
        try:
            return self._cached_in(name, argument, self.env.registry.cache_sequences.get("default"))
        except Outdated as outdated:
            return outdated.value

    @tools.ormcache("name", "argument", "generation")
    def _cached_in(self, name, argument, generation):
        value = getattr(self, name)(argument)
        # In one snapshot with the value: Odoo's transactions read repeatably.
        self.env.cr.execute("SELECT max(id) FROM orm_signaling_default")
        if self.env.cr.fetchone()[0] != generation:
            raise Outdated(value)
        return value
