"""Shows the customer that somebody is typing, for as long as a turn is at work: a courtesy, which decides nothing."""

import logging
import threading
from contextlib import suppress

from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError

_logger = logging.getLogger(__name__)
COURTESY_SECONDS = 2.0  # for a call
_AGAIN_SECONDS = 15.0  # channels and Chatwoot's own widget take the sign away after 25 to 30


class ShowingTyping:
    """``with ShowingTyping(client, conversation):`` from beginning to end; in a thread, so that nobody waits for it."""

    def __init__(self, client, display_id):
        self._client = client
        self._display_id = display_id
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chatwootai-typing", daemon=True)

    def __enter__(self):
        with suppress(RuntimeError):  # a process that is being stopped starts no threads
            self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(COURTESY_SECONDS)

    def _run(self):
        with self._client:
            while True:
                show_typing(self._client, self._display_id, True)
                if self._ended.wait(_AGAIN_SECONDS):
                    break
            show_typing(self._client, self._display_id, False)


def show_typing(client, display_id, typing):
    try:
        client.show_typing(display_id, typing)
    except ChatwootError as error:
        _logger.info("conversation %d: typing not shown: %s", display_id, error)
