"""The other servers' tools over HTTP, with a real client's eyes: Chatwoot read and written, knowledge and resources."""

import time
import uuid

import pytest

from tests.served_stack import command


@pytest.fixture(scope="module")
def writer(stack):
    """A key of acme that may write."""
    return command("tenant", "key", "acme", "--name", "writer", "--write").stdout.strip()


@pytest.fixture
def call(stack, writer):
    def call(name, /, key=writer, **arguments):
        request = {"name": name, "arguments": arguments}
        return stack.mcp(stack.acme, "tools/call", request, key=key).json()["result"]["structuredContent"]

    return call


@pytest.fixture(scope="module")
def conversation(stack):
    """One that was opened by its customer and is with people, so that the agents do not talk into it."""
    message = stack.chatwoot.customer_says(
        stack.acme.chatwoot.id, "Bom dia, quero falar com uma pessoa", phone="+5511900000077", name="Téo Lima"
    )
    stack.chatwoot.wait_for_status(message.conversation, "open", 60)
    return message.conversation


def until(condition, seconds=20):
    """Wait for what the outbox does on its own time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_a_conversation_is_read_with_its_private_notes_marked(call, conversation):
    read = call("get_conversation", conversation_id=conversation.display_id)["conversation"]
    assert (read["status"], read["contact"]["phone_number"]) == ("open", "+5511900000077")
    messages = call("list_messages", conversation_id=conversation.display_id)["messages"]
    assert messages[0]["author"] == "customer"
    assert any(message["private"] for message in messages), "the hand-over leaves a note"
    assert [message["id"] for message in messages] == sorted(message["id"] for message in messages)


def test_what_is_written_arrives_once_and_in_order(call, conversation):
    number = conversation.display_id
    for name, arguments in (
        ("send_message", {"content": "Um momento, por favor."}),
        ("add_private_note", {"content": "Cliente antigo"}),
        ("add_labels", {"labels": ["vip"]}),
        ("add_labels", {"labels": ["troca"]}),
        ("set_status", {"status": "resolved"}),
    ):
        assert call(name, conversation_id=number, **arguments)["state"] == "queued"
    until(lambda: call("get_conversation", conversation_id=number)["conversation"]["status"] == "resolved")
    read = call("get_conversation", conversation_id=number)["conversation"]
    assert {"vip", "troca"} <= set(read["labels"])
    said = [message["content"] for message in call("list_messages", conversation_id=number)["messages"]]
    assert said.count("Um momento, por favor.") == said.count("Cliente antigo") == 1
    assert said.index("Um momento, por favor.") < said.index("Cliente antigo")


def test_a_contact_is_found_and_corrected(call, conversation):
    [found] = call("find_contact", query="Téo Lima")["contacts"]
    call("update_contact", contact_id=found["id"], custom_attributes={"size": "M"})
    changed = call("update_contact", contact_id=found["id"], custom_attributes={"tier": "gold"})["contact"]
    assert changed["custom_attributes"] == {"size": "M", "tier": "gold"}


def test_nobody_is_assigned_by_a_number_that_is_nobodys(call, conversation):
    result = call("assign", conversation_id=conversation.display_id, assignee_id=987654)
    assert not result["success"] and "no person" in result["error"]


def test_another_tenants_conversations_are_not_there(stack, call):
    theirs = stack.chatwoot.customer_says(stack.acme_x.chatwoot.id, "Oi", phone="+5511900000078", name="Bia")
    number = theirs.conversation.display_id
    while call("get_conversation", conversation_id=number)["success"]:
        number += 1000  # the same number may be one of ours
    assert "no conversation" in call("get_conversation", conversation_id=number)["error"]
    assert call("find_contact", query="+5511900000078")["contacts"] == []


def test_a_key_that_reads_writes_nowhere(stack, call, conversation):
    for name, arguments in (
        ("send_message", {"conversation_id": conversation.display_id, "content": "Oi"}),
        ("update_contact", {"contact_id": 1, "name": "X"}),
        ("upsert_vectors", {"collection_type": "rules", "points": [{"payload": {"text": "x"}}]}),
        ("save_agent_config", {"config": {}}),
    ):
        assert "write scope" in call(name, key=stack.acme.key, **arguments)["error"]


def test_knowledge_that_a_client_brings_is_found_and_removed(call):
    collections = {found["collection_type"]: found for found in call("list_collections")["collections"]}
    assert collections["products"]["dimension"] > 0 and collections["products"]["embedding_model"]
    text = f"O código secreto do brinde é {uuid.uuid4().hex}"
    point = {"payload": {"title": "Brinde", "text": text}}
    [point_id] = call("upsert_vectors", collection_type="support_documents", points=[point])["ids"]
    try:
        found = call("search_knowledge", query="código secreto do brinde")["results"]
        assert text in [hit["text"] for hit in found]
    finally:
        assert call("delete_vectors", collection_type="support_documents", ids=[point_id])["deleted"] == 1
    found = call("search_knowledge", query="código secreto do brinde")["results"]
    assert text not in [hit["text"] for hit in found]


def test_what_odoo_synchronised_cannot_be_deleted(call):
    hit = call("search_knowledge", query="troca e devolução", collection_type="rules", limit=1)["results"][0]
    result = call("delete_vectors", collection_type="rules", ids=[hit["id"]])
    assert not result["success"] and "Odoo" in result["error"]


def test_every_configuration_is_stored_and_dated(call):
    listed = {config["config_type"]: config for config in call("list_agent_configs")["configs"]}
    assert set(listed) == {"company_metadata", "business_rules", "agent_config"}
    assert all(config["stored"] and config["stored_at"] for config in listed.values())


def test_resources_and_prompts_are_the_tenants_own(stack):
    def ask(tenant, method, **params):
        return stack.mcp(tenant, method, params).json()

    for tenant in stack.tenants:
        resources = ask(tenant, "resources/list")["result"]["resources"]
        folders = {resource["uri"].split("/")[3] for resource in resources}
        assert folders == {"config", "documents"}
        for resource in resources:
            [content] = ask(tenant, "resources/read", uri=resource["uri"])["result"]["contents"]
            assert content["text"].strip()
        [message] = ask(tenant, "prompts/get", name="customer_service")["result"]["messages"]
        company = stack.tool(tenant, "get_agent_config", config_type="company_metadata")["config"]
        assert company["company_name"] in message["content"]["text"]
    foreign = ask(stack.acme, "resources/read", uri="chatwootai://acme-x/config/company_metadata")
    assert "result" not in foreign


def test_a_chatwoot_that_fails_fails_its_own_tools_only(stack, call, conversation):
    stack.chatwoot.faults.set("api_500", probability=1)
    result = call("get_conversation", conversation_id=conversation.display_id)
    assert not result["success"] and "Chatwoot failed" in result["error"]
    assert call("list_collections")["success"]
