"""Whatever a model passes to a tool of MCP-Odoo, it gets a result or a sentence: never a failure of ours."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..servers.orchestrator import get_orchestrator
from .common import ToolCase

WORDS = (
    "res.partner",
    "product.product",
    "sale.order",
    "crm.lead",
    "calendar.event",
    "res.users",
    "name",
    "country_id",
    "category_id",
    "child_ids",
    "is_company",
    "date_order:month",
    "amount_total:sum",
    "create_date",
    "id desc",
    "=",
    "ilike",
    "in",
    "any",
    "&",
    "!",
    "2026-03-02",
    "2026-03-02T10:00",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01",
    "pt_BR",
    "+55 11 98765-4321",
    "ana@example.com",
    "%",
    "\\",
    "'; DROP TABLE res_partner; --",
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([2**31 - 1, 2**31, 2**63, -(2**70)])
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)
BY_TYPE = {
    "string": st.sampled_from(WORDS) | st.text(max_size=20),
    "integer": st.integers(1, 20),
    "boolean": st.booleans(),
    "array": st.lists(values, max_size=4),
    "object": st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), values, min_size=1, max_size=3),
}


conditions = st.tuples(
    st.sampled_from(
        ["id", "name", "create_date", "country_id", "country_id.name", "category_id", "child_ids", "active"]
    ),
    st.sampled_from(["=", "!=", "in", "not in", "<", "ilike", "=like", "child_of", "any"]),
    values,
).map(list)
ARGUMENTS = {
    "model": st.sampled_from(["res.partner", "product.product", "sale.order", "crm.lead", "calendar.event"]),
    "domain": st.lists(conditions | st.sampled_from(["&", "|", "!"]), max_size=4),
    "fields": st.lists(st.sampled_from(["name", "country_id", "active", "no_such"]), max_size=3),
    "group_by": st.lists(
        st.sampled_from(["country_id", "active", "create_date:week", "partner_id", "name"]), max_size=3
    ),
    "aggregates": st.lists(
        st.sampled_from(["id:max", "id:sum", "amount_total:avg", "name:count_distinct"]), max_size=2
    ),
    "values": st.dictionaries(
        st.sampled_from(["name", "email", "country_id", "category_id", "active", "lang", "parent_id", "partner_id"]),
        values,
        min_size=1,
        max_size=3,
    ),
}


def mostly(shape):
    return st.integers(0, 19).flatmap(lambda roll: values if roll == 0 else shape)


def arguments_of(tool):
    """Arguments of which most have the right type, so that they get past the schema."""
    schema = tool.input_schema
    shapes = {
        name: mostly(ARGUMENTS.get(name, BY_TYPE[kind.get("type", "string")]))
        for name, kind in schema.get("properties", {}).items()
    }
    required = schema.get("required", ())
    return st.fixed_dictionaries(
        {name: shape for name, shape in shapes.items() if name in required},
        optional={name: shape for name, shape in shapes.items() if name not in required},
    )


QUICK = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@tagged("post_install", "-at_install")
class TestOdooBadInput(ToolCase):
    def test_any_arguments_get_a_result_or_a_sentence(self):
        groups = ["base.group_user", "base.group_partner_manager"]
        if "sale.order" in self.env:
            groups.append("sales_team.group_sale_salesman_all_leads")
        user = new_test_user(self.env, "fuzzer", ",".join(groups))
        principal = self.principal_of(user, write=True)
        self.env["chatwootai.allowed.model"].search([]).write(
            {"can_create": True, "can_write": True, "can_unlink": True}
        )
        tools = [tool for tool in get_orchestrator()._tools.values() if tool.server == "odoo"]

        def attempt(tool, arguments):
            outcome = self.outcome(tool.name, principal, **arguments)
            if outcome.is_error:
                self.assertNotIn("log under", outcome.result["error"], arguments)
                self.assertNotIn("SELECT", outcome.result["error"])

        for tool in tools:
            with self.subTest(tool.name), mute_logger("odoo.sql_db"):
                QUICK(given(st.just(tool), arguments_of(tool))(attempt))()
