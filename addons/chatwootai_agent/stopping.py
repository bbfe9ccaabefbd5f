"""Whether this process is being stopped: what fails from then on fails because of that, and tells nothing of a turn."""

import threading

from odoo.service.server import CommonServer

_stopping = threading.Event()
CommonServer.on_stop(_stopping.set)


def is_stopping() -> bool:
    return _stopping.is_set()
