"""What every document store promises, on every adapter."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from chatwootai_mcp.stores.errors import InvalidDocument, StaleSnapshot
from chatwootai_mcp.stores.schemas import AgentConfig, Snapshot
from chatwootai_mcp.tenancy.account import ConfigType, InvalidAccountId

METADATA, RULES, AGENT = ConfigType.COMPANY_METADATA, ConfigType.BUSINESS_RULES, ConfigType.AGENT_CONFIG


def snapshot(account, version, rules=2, name="Acme"):
    return Snapshot.model_validate(
        {
            "account_id": account,
            "version": version,
            "company_metadata": {"company_name": f"{name} {version}"},
            "business_rules": [
                {
                    "rule_id": number,
                    "name": f"Rule {number}",
                    "description": f"version {version}",
                    "kind": "permanent",
                    "sequence": -number,
                }
                for number in range(1, rules + 1)
            ],
        }
    )


class TestDocumentStore:
    def test_what_was_never_stored_is_none(self, documents, accounts):
        assert [documents.get(accounts[0], each) for each in ConfigType] == [None, None, None]
        assert documents.count(accounts[0]) == 0

    def test_a_snapshot_is_read_back_with_its_account_and_version(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 3))
        metadata = documents.get(accounts[0], METADATA)
        assert (metadata["account_id"], metadata["version"], metadata["company_name"]) == (accounts[0], 3, "Acme 3")
        expected = snapshot(accounts[0], 3)
        assert metadata == expected.metadata_document()
        assert documents.get(accounts[0], RULES) == expected.rule_documents()

    def test_rules_come_in_their_sequence(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 1, rules=3))
        assert [rule["rule_id"] for rule in documents.get(accounts[0], RULES)] == [3, 2, 1]

    def test_a_rule_that_is_gone_from_the_snapshot_is_gone(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 1, rules=5))
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 2, rules=1))
        assert [rule["rule_id"] for rule in documents.get(accounts[0], RULES)] == [1]
        assert documents.count(accounts[0]) == 2

    def test_no_rules_is_an_empty_list_once_stored(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 1, rules=0))
        assert documents.get(accounts[0], RULES) == []

    def test_an_older_version_is_refused_and_changes_nothing(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 5, rules=2))
        with pytest.raises(StaleSnapshot, match="Version 4 is older than the stored version 5"):
            documents.replace_snapshot(accounts[0], snapshot(accounts[0], 4, rules=9))
        assert documents.get(accounts[0], METADATA)["version"] == 5
        assert len(documents.get(accounts[0], RULES)) == 2

    def test_the_same_version_may_be_offered_again(self, documents, accounts):
        for _ in range(3):
            documents.replace_snapshot(accounts[0], snapshot(accounts[0], 5))
        assert documents.count(accounts[0]) == 3

    def test_a_snapshot_of_another_account_is_refused(self, documents, accounts):
        with pytest.raises(InvalidDocument):
            documents.replace_snapshot(accounts[0], snapshot(accounts[1], 1))
        assert documents.get(accounts[0], METADATA) is None
        assert documents.get(accounts[1], METADATA) is None

    def test_saving_the_agent_config_touches_no_other_document(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 5))
        before = [documents.get(accounts[0], each) for each in (METADATA, RULES)]
        documents.save_agent_config(accounts[0], AgentConfig(specialists=["sales"]))
        documents.save_agent_config(accounts[0], AgentConfig(specialists=["support"], version=2))
        assert documents.get(accounts[0], AGENT)["specialists"] == ["support"]
        assert documents.get(accounts[0], AGENT)["account_id"] == accounts[0]
        assert [documents.get(accounts[0], each) for each in (METADATA, RULES)] == before
        assert documents.count(accounts[0]) == 4

    def test_a_snapshot_does_not_touch_the_agent_config(self, documents, accounts):
        documents.save_agent_config(accounts[0], AgentConfig(instructions="Be brief."))
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 1))
        assert documents.get(accounts[0], AGENT)["instructions"] == "Be brief."

    def test_what_is_stored_is_described_with_its_version_and_moment(self, documents, accounts):
        one, other = accounts
        assert documents.describe(one) == []
        before = datetime.now(UTC) - timedelta(seconds=1)  # MongoDB keeps milliseconds
        documents.replace_snapshot(one, snapshot(one, 3, rules=2))
        documents.save_agent_config(one, AgentConfig(version=5))
        described = {found.config_type.value: found for found in documents.describe(one)}
        assert {name: (found.version, found.documents) for name, found in described.items()} == {
            "company_metadata": (3, 1),
            "business_rules": (3, 2),
            "agent_config": (5, 1),
        }
        assert all(before <= found.stored_at <= datetime.now(UTC) for found in described.values())
        assert documents.describe(other) == []
        documents.drop(one)
        assert documents.describe(one) == []

    def test_tenants_that_look_alike_never_meet(self, documents, accounts):
        one, other = accounts
        documents.replace_snapshot(one, snapshot(one, 7, name="One"))
        documents.replace_snapshot(other, snapshot(other, 1, name="Other", rules=1))
        documents.save_agent_config(one, AgentConfig(instructions="one"))
        assert documents.get(other, METADATA)["company_name"] == "Other 1"
        assert {rule["account_id"] for rule in documents.get(other, RULES)} == {other}
        assert documents.get(other, AGENT) is None
        documents.drop(one)
        assert documents.get(one, METADATA) is None
        assert documents.get(other, METADATA)["company_name"] == "Other 1"

    def test_a_dropped_tenant_starts_anew(self, documents, accounts):
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 9))
        documents.drop(accounts[0])
        documents.drop(accounts[0])
        documents.replace_snapshot(accounts[0], snapshot(accounts[0], 1))
        assert documents.get(accounts[0], METADATA)["version"] == 1

    @pytest.mark.parametrize("account", ["admin", "Acme", "../etc", "a_b", "", "acme\n", "a.b", None])
    def test_what_is_no_account_reaches_no_store(self, documents, account):
        with pytest.raises(InvalidAccountId):
            documents.get(account, METADATA)
        with pytest.raises(InvalidAccountId):
            documents.drop(account)
        with pytest.raises(InvalidAccountId):
            documents.save_agent_config(account, AgentConfig())

    def test_a_config_type_outside_the_set_is_an_error(self, documents, accounts):
        with pytest.raises(ValueError, match="users"):
            documents.get(accounts[0], "users")

    def test_a_reader_beside_a_writer_sees_one_whole_version(self, documents, accounts):
        account, last, torn = accounts[0], 60, []
        documents.replace_snapshot(account, snapshot(account, 1, rules=1))
        done = threading.Event()

        def write():
            for version in range(2, last + 1):
                documents.replace_snapshot(account, snapshot(account, version, rules=1 + version % 20))
            done.set()

        writer = threading.Thread(target=write)
        writer.start()
        while not done.is_set():
            rules = documents.get(account, RULES)
            versions = {rule["version"] for rule in rules}
            expected = 1 if versions == {1} else 1 + max(versions, default=0) % 20
            if len(versions) != 1 or len(rules) != expected:
                torn.append(rules)
        writer.join()
        assert torn == []
        assert documents.get(account, METADATA)["version"] == last

    def test_many_writers_leave_the_newest_version(self, documents, accounts):
        account, errors = accounts[0], []

        def write(versions):
            for version in versions:
                try:
                    documents.replace_snapshot(account, snapshot(account, version, rules=version % 7))
                except StaleSnapshot:
                    continue
                except Exception as error:
                    errors.append(error)

        threads = [threading.Thread(target=write, args=(range(start, 41, 4),)) for start in (1, 2, 3, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert documents.get(account, METADATA)["version"] == 40
        assert {rule["version"] for rule in documents.get(account, RULES)} == {40}
        assert len(documents.get(account, RULES)) == 40 % 7
