"""MongoDB and Qdrant down, refusing or hanging: tools say so, agents work on with the last good configuration.

There is no MongoDB here to read a configuration from before it goes down. So the copies that such a reading leaves are
made from the embedded documents, by the same code; then Odoo is started with addresses where nothing answers.
"""

import secrets

import pytest
import requests

from tests.isolation import pure  # the pure packages without Odoo
from tests.isolation.traces import instance
from tests.served_stack import environment_with

assert pure
from chatwootai_mcp.stores.documents_last_good import LastGoodDocuments
from chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from chatwootai_mcp.tenancy.account import ConfigType


@pytest.fixture(scope="module", params=["refusing", "hanging"])
def without_stores(request, stack):
    """Odoo with MongoDB and Qdrant at a port where nothing answers."""
    port = request.getfixturevalue(request.param)
    data = instance().data_dir / "chatwootai"
    copies = LastGoodDocuments(SqliteDocumentStore(data / "documents"), data / "last-good")
    for config_type in ConfigType:
        assert copies.get("acme", config_type)
    stack.serving.stop()
    nowhere = {
        "CHATWOOTAI_MONGODB_URL": f"mongodb://127.0.0.1:{port}/",
        "CHATWOOTAI_QDRANT_URL": f"http://127.0.0.1:{port}",
    }
    with environment_with(**nowhere):
        stack.serving.start()
        yield stack
    # What follows, if anything, starts with its own.


def test_the_last_good_configuration_is_read(without_stores):
    tool, acme = without_stores.tool, without_stores.acme
    assert tool(acme, "get_agent_config", config_type="company_metadata")["config"]["company_name"]
    assert tool(acme, "active_business_rules")["rules"]
    assert tool(acme, "list_free_slots")["slots"]


def test_what_needs_a_store_says_which_one_cannot_be_reached(without_stores):
    searched = without_stores.tool(without_stores.acme, "search_knowledge", query="entrega")
    assert not searched["success"] and "Qdrant" in searched["error"]
    listed = without_stores.tool(without_stores.acme, "list_agent_configs")
    assert not listed["success"] and "MongoDB" in listed["error"]


def test_odoo_s_own_records_are_there_as_ever(without_stores):
    assert without_stores.tool(without_stores.acme, "find_products", query="creme")["products"]


@pytest.fixture
def phone():
    """Of a customer who never wrote before: one that was handed to people would not be answered."""
    return f"+5511{900000000 + secrets.randbelow(99999999)}"


def test_a_customer_is_answered_from_what_there_is(without_stores, phone):
    stack = without_stores
    said = stack.ask(stack.acme, "Qual o preço do Creme de Mãos Castanha?", phone=phone).content
    assert "19,90" in said


def test_a_customer_whose_question_needs_the_knowledge_is_not_told_a_tale(without_stores, phone):
    """An answer that says what can't be looked up, or a person."""
    stack = without_stores
    text = "Como funciona o programa de embalagens vazias?"
    message = stack.chatwoot.customer_says(stack.acme.chatwoot.id, text, phone=phone, name="Rita")
    reply = stack.chatwoot.wait_for_reply(message.conversation, message.id, 90)
    assert "desconto" not in reply.content.lower()
    assert "qdrant" not in reply.content.lower(), "customers are not told of machines"


def test_health_tells_the_operator(without_stores):
    health = requests.get(f"{without_stores.url}/chatwootai/health", timeout=30)
    assert health.status_code == 503
    assert health.json()["checks"]["documents"] == health.json()["checks"]["vectors"] == "down"
