"""A key that one process revokes is refused by another from the next request on, however busy it is with that key."""

import threading
import time

from tests.served_stack import command

_CALLERS = 6
_CALLS_AFTER = 10  # of each caller, once the key is revoked
_SECONDS = 120


class Caller(threading.Thread):
    """Calls with a key without a pause; what it was answered, and when it asked."""

    def __init__(self, stack, key):
        super().__init__(daemon=True)
        self.answers = []
        self.enough = threading.Event()
        self._stack, self._key = stack, key

    def run(self):
        while not self.enough.is_set():
            asked = time.monotonic()
            answer = self._stack.mcp(self._stack.acme, "tools/list", key=self._key)
            self.answers.append((asked, answer.status_code))

    def after(self, moment):
        return [status for asked, status in list(self.answers) if asked > moment]


def test_a_revoked_key_is_refused_by_the_serving_process_from_the_next_request_on(stack):
    for _ in range(2):
        key = command("tenant", "key", "acme", "--name", "to revoke").stdout.strip()
        callers = [Caller(stack, key) for _ in range(_CALLERS)]
        for caller in callers:
            caller.start()
        try:
            command("tenant", "key", "acme", "--revoke", key.split("_")[2])
            revoked = time.monotonic()
            until = revoked + _SECONDS
            while min(len(caller.after(revoked)) for caller in callers) < _CALLS_AFTER and time.monotonic() < until:
                callers[0].join(0.05)
        finally:
            for caller in callers:
                caller.enough.set()
            for caller in callers:
                caller.join(30)
        before = [status for caller in callers for asked, status in caller.answers if asked < revoked]
        after = [status for caller in callers for status in caller.after(revoked)]
        assert 200 in before, "the key worked"
        assert len(after) >= _CALLERS * _CALLS_AFTER
        assert set(after) == {401}
