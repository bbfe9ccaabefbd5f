"""Lets unit tests import an addon's pure packages alone, and refuses Odoo to them.

Importing an addon runs its ``__init__`` and with it Odoo. So a bare package stands in for each addon, and whoever
reaches for ``odoo`` from here gets an error that names the rule.
"""

import sys
import types
from importlib.abc import MetaPathFinder
from pathlib import Path

from hypothesis import HealthCheck, settings

ADDONS = Path(__file__).resolve().parents[2] / "addons"


class NoOdoo(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "odoo":
            raise ImportError(f"{name}: pure packages import no odoo")
        return None


for addon in ("company_services", "chatwootai_mcp", "chatwootai_agent"):
    bare = types.ModuleType(addon)
    bare.__path__ = [str(ADDONS / addon)]
    sys.modules[addon] = bare
sys.meta_path.insert(0, NoOdoo())

# A busy machine takes longer for an example than hypothesis allows, and that says nothing of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
