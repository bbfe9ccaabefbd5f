"""While the document server is down, agents read the last good configuration; and only then."""

import pytest
from chatwootai_mcp.stores.documents_last_good import LastGoodDocuments
from chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from chatwootai_mcp.stores.errors import StoreUnavailable
from chatwootai_mcp.stores.schemas import AgentConfig
from chatwootai_mcp.tenancy.account import ConfigType

AGENT = ConfigType.AGENT_CONFIG


class Server(SqliteDocumentStore):
    """One that can be down."""

    is_down = False
    asked = 0

    def get(self, account_id, config_type):
        self.asked += 1
        self._answer()
        return super().get(account_id, config_type)

    def save_agent_config(self, account_id, document):
        self._answer()
        super().save_agent_config(account_id, document)

    def _answer(self):
        if self.is_down:
            raise StoreUnavailable("MongoDB can't be reached now.")


@pytest.fixture
def server(tmp_path):
    return Server(tmp_path / "server")


@pytest.fixture
def documents(server, tmp_path):
    return LastGoodDocuments(server, tmp_path / "copies")


def config(version, instructions):
    return AgentConfig.model_validate({"version": version, "instructions": instructions})


def test_what_was_read_is_read_on_when_the_server_is_down(server, documents):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.is_down = True
    assert documents.get("acme", AGENT)["instructions"] == "be kind"


def test_it_outlasts_the_process(server, documents, tmp_path):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.is_down = True
    assert LastGoodDocuments(server, tmp_path / "copies").get("acme", AGENT)["instructions"] == "be kind"


def test_another_account_has_no_part_in_it(server, documents):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.is_down = True
    with pytest.raises(StoreUnavailable):
        documents.get("acme-x", AGENT)


def test_nothing_is_written_while_the_server_is_down(server, documents):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.is_down = True
    with pytest.raises(StoreUnavailable):
        documents.save_agent_config("acme", config(2, "be quick"))
    assert documents.get("acme", AGENT)["version"] == 1


def test_a_server_that_answers_is_believed_and_not_the_copy(server, documents):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.save_agent_config("acme", config(2, "be quick"))  # by another node
    assert documents.get("acme", AGENT)["version"] == 2
    server.is_down = True
    assert documents.get("acme", AGENT)["version"] == 2


def test_a_server_that_is_down_is_not_waited_for_each_time(server, documents):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.is_down, server.asked = True, 0
    for _ in range(20):
        documents.get("acme", AGENT)
    assert server.asked == 1


def test_after_a_write_the_new_one_is_read_however_long_the_server_was_down(server, documents):
    documents.save_agent_config("acme", config(1, "be kind"))
    server.is_down = True
    documents.get("acme", AGENT)
    server.is_down = False
    documents.save_agent_config("acme", config(2, "be quick"))
    assert documents.get("acme", AGENT)["version"] == 2


def test_copies_go_with_the_tenant(server, documents, tmp_path):
    documents.save_agent_config("acme", config(1, "be kind"))
    documents.save_agent_config("acme-x", config(1, "be fair"))
    documents.drop("acme")
    server.is_down = True
    with pytest.raises(StoreUnavailable):
        documents.get("acme", AGENT)
    assert documents.get("acme-x", AGENT)["instructions"] == "be fair"
