"""The addons' pure packages without Odoo, for what only the server can make: signatures with its key."""

import sys
import types
from pathlib import Path

ADDONS = Path(__file__).resolve().parents[2] / "addons"

if "chatwootai_mcp" not in sys.modules:
    # Importing the addon itself would run Odoo: a bare package stands in for it.
    bare = types.ModuleType("chatwootai_mcp")
    bare.__path__ = [str(ADDONS / "chatwootai_mcp")]
    sys.modules["chatwootai_mcp"] = bare

from chatwootai_mcp.tenancy.keyring import Keyring
from chatwootai_mcp.tenancy.tokens import (
    CHATWOOT_AUDIENCE,
    METRICS_AUDIENCE,
    config_audience,
    mint_mcp_key,
    mint_webhook_token,
    new_token_id,
    tenant_audience,
)

__all__ = [
    "CHATWOOT_AUDIENCE",
    "METRICS_AUDIENCE",
    "Keyring",
    "config_audience",
    "mint_mcp_key",
    "mint_webhook_token",
    "new_token_id",
    "tenant_audience",
]
