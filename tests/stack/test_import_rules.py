"""The walls between the addons hold, and would be seen to fall."""

import pytest
from stack import import_rules


def test_nobody_imports_what_it_may_not():
    assert import_rules.broken_rules() == []


@pytest.mark.parametrize(
    ("room", "line", "addon"),
    [
        ("addons/company_services", "from odoo.addons.chatwootai_mcp import settings", "chatwootai_mcp"),
        ("addons/company_services", "import odoo.addons.chatwootai_agent.crews", "chatwootai_agent"),
        ("addons/chatwootai_mcp", "from odoo.addons import company_services", "company_services"),
        (
            "addons/chatwootai_mcp",
            "def f():\n    from odoo.addons.chatwootai_agent.crews import base",
            "chatwootai_agent",
        ),
        ("demo", "import chatwootai_mcp.stores", "chatwootai_mcp"),
    ],
)
def test_a_forbidden_import_is_named_with_its_place(tmp_path, room, line, addon):
    file = tmp_path / room / "somewhere" / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text(f"{line}\n")
    (broken,) = import_rules.broken_rules(tmp_path)
    assert broken.startswith(f"{room}/somewhere/module.py:") and broken.endswith(f"may not import {addon}")


def test_what_a_room_may_import_is_no_offence(tmp_path):
    file = tmp_path / "addons" / "chatwootai_agent" / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "from odoo.addons.chatwootai_mcp import settings\nfrom odoo.addons.mail import models\nimport odoo\n"
    )
    assert import_rules.broken_rules(tmp_path) == []
