"""Which leak is awake, and putting a leak in a function's place."""

import functools
import os
from pathlib import Path

_FILE = Path(os.environ["PLANTED_LEAK"])
_LOOK_ALIKE = {"acme": "acme-x", "acme-x": "acme"}


def awake(name):
    try:
        return _FILE.read_text() == name
    except OSError:
        return False


def look_alike(account_id):
    """The other tenant's account_id."""
    return _LOOK_ALIKE.get(account_id, account_id)


def plant(leak, owner, name):
    """Decorate what shall run in place of ``owner.name`` while the leak is awake; it gets the original first."""

    def decorate(leaking):
        original = getattr(owner, name)

        @functools.wraps(original)
        def chosen(*args, **kwargs):
            return leaking(original, *args, **kwargs) if awake(leak) else original(*args, **kwargs)

        setattr(owner, name, chosen)
        return leaking

    return decorate
