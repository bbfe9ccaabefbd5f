"""Which addon may import which, and what commands and demo may import.

Between addons one imports through ``odoo.addons``, which import-linter sees only as ``odoo``; so these rules are
checked here, on the syntax trees.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from . import paths

# What each room may import of the addons.
ALLOWED: dict[str, frozenset[str]] = {
    "addons/company_services": frozenset({"company_services"}),
    "addons/chatwootai_mcp": frozenset({"chatwootai_mcp"}),
    "addons/chatwootai_agent": frozenset({"chatwootai_agent", "chatwootai_mcp", "company_services"}),
    "demo": frozenset(),
}
OURS = frozenset({"company_services", "chatwootai_mcp", "chatwootai_agent"})


def broken_rules(root: Path = paths.ROOT) -> list[str]:
    """One sentence for each import that a room may not make."""
    return [
        f"{file.relative_to(root)}:{line}: {room} may not import {addon}"
        for room, allowed in ALLOWED.items()
        for file in sorted((root / room).rglob("*.py"))
        for addon, line in _addons_imported(file)
        if addon not in allowed
    ]


def _addons_imported(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first = name.removeprefix("odoo.addons.").partition(".")[0]
            if first in OURS:
                yield first, node.lineno
