"""The REST API of the Chatwoot stand-in: shapes, permissions, errors, and the faults it commits when told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from demo.chatwoot import ChatwootServer
from demo.chatwoot.desk import Upload
from demo.chatwoot.payloads import attachment_json
from demo.holds import Moment

Call = Callable[..., requests.Response]


@pytest.fixture
def server() -> Iterator[ChatwootServer]:
    with ChatwootServer() as server:
        yield server


@pytest.fixture
def account(server: ChatwootServer) -> Any:
    return server.add_account("Acme", account_id=7)


@pytest.fixture
def as_user(server: ChatwootServer, account: Any) -> Call:
    return caller(server, account.id, account.user_token)


@pytest.fixture
def as_bot(server: ChatwootServer, account: Any) -> Call:
    return caller(server, account.id, account.bot_token)


def caller(server: ChatwootServer, account_id: int, token: str | None) -> Call:
    def call(method: str, path: str, **how: Any) -> requests.Response:
        headers = {"api_access_token": token} if token else {}
        return requests.request(
            method, f"{server.url}/api/v1/accounts/{account_id}{path}", headers=headers, timeout=10, **how
        )

    return call


def conversation(server: ChatwootServer, account: Any, text: str = "Oi") -> str:
    said = server.customer_says(account.id, text, phone="+5511900000001", name="Ana")
    return f"/conversations/{said.conversation.display_id}"


def test_a_message_comes_back_with_its_type_as_a_number(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    answer = as_bot("POST", conversation(server, account) + "/messages", json={"content": "Olá", "echo_id": "e1"})
    assert answer.status_code == 200
    message = answer.json()
    assert {"id", "content", "inbox_id", "conversation_id", "message_type", "created_at", "private"} <= set(message)
    assert (message["message_type"], message["status"], message["echo_id"]) == (1, "sent", "e1")
    assert message["sender"]["type"] == "agent_bot"


def test_posting_twice_posts_twice_and_keeps_no_echo_id(
    server: ChatwootServer, account: Any, as_bot: Call, as_user: Call
) -> None:
    path = conversation(server, account) + "/messages"
    for _ in range(2):
        as_bot("POST", path, json={"content": "Olá", "echo_id": "same"})
    listed = as_user("GET", path).json()["payload"]
    assert [m["content"] for m in listed] == ["Oi", "Olá", "Olá"]
    assert all("echo_id" not in m for m in listed)


def test_messages_are_listed_oldest_first_in_windows(server: ChatwootServer, account: Any, as_user: Call) -> None:
    path = conversation(server, account, "0") + "/messages"
    for number in range(1, 31):
        server.customer_says(account.id, str(number), phone="+5511900000001")
    contents = lambda **params: [m["content"] for m in as_user("GET", path, params=params).json()["payload"]]  # noqa: E731
    ids = {m.content: m.id for m in server.desk.account(7).conversations[1].messages}
    assert contents() == [str(n) for n in range(11, 31)]
    assert contents(before=ids["11"]) == [str(n) for n in range(0, 11)]
    assert contents(after=ids["28"]) == ["29", "30"]
    assert contents(after=ids["3"], before=ids["6"]) == ["3", "4", "5"]
    assert set(as_user("GET", path).json()["meta"]) >= {"labels", "contact", "additional_attributes"}


@pytest.mark.parametrize(
    "path", ["/conversations/1/messages", "/contacts", "/contacts/search?q=a", "/inboxes", "/inboxes/1", "/webhooks"]
)
def test_a_bot_may_not_list(server: ChatwootServer, account: Any, as_bot: Call, path: str) -> None:
    conversation(server, account)
    answer = as_bot("GET", path)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Access to this endpoint is not authorized for bots"}


def test_bad_tokens_other_accounts_and_missing_things(server: ChatwootServer, account: Any, as_user: Call) -> None:
    other = server.add_account("Other", account_id=8)
    assert caller(server, 7, "nonsense")("GET", "/inboxes").status_code == 401
    assert caller(server, 7, None)("GET", "/inboxes").json() == {"error": "Invalid Access Token"}
    assert caller(server, 7, other.user_token)("GET", "/inboxes").status_code == 401
    assert caller(server, 7, account.agent_token)("GET", "/webhooks").status_code == 401
    assert as_user("GET", "/conversations/99").status_code == 404
    assert as_user("GET", "/conversations/99").json() == {"error": "Resource could not be found"}
    assert as_user("GET", "/no/such/path").status_code == 404


def test_a_bot_that_opens_a_pending_conversation_hands_it_off(
    server: ChatwootServer, account: Any, as_bot: Call
) -> None:
    path = conversation(server, account) + "/toggle_status"
    payload = as_bot("POST", path, json={"status": "open"}).json()["payload"]
    assert payload["success"] is None and payload["current_status"] == "open" and payload["conversation_id"] == 1
    assert server.desk.account(7).conversations[1].assignee_id is None
    assert as_bot("POST", path, json={"status": "pending"}).json()["payload"]["success"] is True


def test_a_user_who_opens_a_conversation_takes_it(server: ChatwootServer, account: Any, as_user: Call) -> None:
    path = conversation(server, account)
    payload = as_user("POST", path + "/toggle_status", json={"status": "open"}).json()["payload"]
    assert payload["success"] is True
    meta = as_user("GET", path).json()["meta"]
    assert (meta["assignee"]["id"], meta["assignee_type"]) == (account.user_id, "User")


def test_a_resolved_conversation_returns_to_pending(server: ChatwootServer, account: Any, as_user: Call) -> None:
    path = conversation(server, account)
    as_user("POST", path + "/toggle_status", json={"status": "resolved"})
    assert as_user("GET", path).json()["status"] == "resolved"
    again = server.customer_says(account.id, "Voltei", phone="+5511900000001")
    assert again.conversation.display_id == 1
    assert as_user("GET", path).json()["status"] == "pending"


def test_labels_and_custom_attributes_replace(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    path = conversation(server, account)
    as_bot("POST", path + "/labels", json={"labels": ["a", "b"]})
    assert as_bot("POST", path + "/labels", json={"labels": ["c"]}).json() == {"payload": ["c"]}
    as_bot("POST", path + "/custom_attributes", json={"custom_attributes": {"x": 1}})
    answer = as_bot("POST", path + "/custom_attributes", json={"custom_attributes": {"y": 2}})
    assert answer.json() == {"custom_attributes": {"y": 2}}


def test_priority_typing_and_assignment(server: ChatwootServer, account: Any, as_bot: Call, as_user: Call) -> None:
    path = conversation(server, account)
    for call in (
        as_bot("POST", path + "/toggle_priority", json={"priority": "high"}),
        as_bot("POST", path + "/toggle_typing_status", json={"typing_status": "on"}),
    ):
        assert (call.status_code, call.content) == (200, b"")
    assert as_user("GET", path).json()["priority"] == "high"
    assert (
        as_bot("POST", path + "/assignments", json={"assignee_id": account.agent_id}).json()["id"] == account.agent_id
    )
    bot = as_bot(
        "POST", path + "/assignments", json={"assignee_id": account.bot_id, "assignee_type": "AgentBot"}
    ).json()
    assert bot["id"] == account.bot_id
    meta = as_user("GET", path).json()["meta"]
    assert meta["assignee_type"] == "AgentBot" and meta["assignee"]["id"] == account.bot_id


def test_contacts_are_found_and_their_attributes_merge(server: ChatwootServer, account: Any, as_user: Call) -> None:
    conversation(server, account)
    found = as_user("GET", "/contacts/search", params={"q": "900000001"}).json()
    assert found["meta"] == {"count": 1, "current_page": 1}
    contact = found["payload"][0]
    assert contact["contact_inboxes"][0]["source_id"] == "5511900000001"
    as_user("PUT", f"/contacts/{contact['id']}", json={"custom_attributes": {"a": 1}})
    merged = as_user(
        "PUT", f"/contacts/{contact['id']}", json={"custom_attributes": {"b": 2}, "name": "Ana Reis"}
    ).json()
    assert (merged["payload"]["name"], merged["payload"]["custom_attributes"]) == ("Ana Reis", {"a": 1, "b": 2})
    assert as_user("GET", "/contacts/search").status_code == 422


def test_an_inbox_tells_its_channel_and_hours(account: Any, as_user: Call) -> None:
    inbox = as_user("GET", f"/inboxes/{account.inbox_id}").json()
    assert inbox["channel_type"] == "Channel::Whatsapp" and inbox["timezone"] == "America/Sao_Paulo"
    assert len(inbox["working_hours"]) == 7 and inbox["working_hours"][0]["closed_all_day"]


def test_bots_and_webhooks_are_made_with_their_secrets(server: ChatwootServer, account: Any, as_user: Call) -> None:
    bot = as_user("POST", "/agent_bots", json={"name": "B", "outgoing_url": "http://127.0.0.1:9/b"}).json()
    assert bot["access_token"] and bot["secret"] and bot["bot_type"] == "webhook"
    answer = as_user("POST", f"/inboxes/{account.inbox_id}/set_agent_bot", json={"agent_bot": bot["id"]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert server.desk.account(7).inboxes[account.inbox_id].agent_bot_id == bot["id"]
    wanted = {"url": "http://127.0.0.1:9/w", "subscriptions": ["message_created"]}
    made = as_user("POST", "/webhooks", json=wanted).json()["payload"]["webhook"]
    assert made["secret"] and made["subscriptions"] == ["message_created"]
    again = as_user("POST", "/webhooks", json=wanted)
    assert again.status_code == 422 and again.json() == {"message": "Url has already been taken", "attributes": ["url"]}
    assert as_user("POST", "/webhooks", json=wanted | {"url": "ftp://x"}).status_code == 422
    assert (
        as_user("POST", "/webhooks", json=wanted | {"url": "http://y.example", "subscriptions": ["x"]}).status_code
        == 422
    )


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x", "message_type": "incoming"},
        {"content": "x", "message_type": "nonsense"},
        {"content": "x", "content_type": "nonsense"},
        {"content": "x" * 150_001},
    ],
)
def test_what_chatwoot_refuses_is_422_with_an_error(
    server: ChatwootServer, account: Any, as_bot: Call, body: dict[str, str]
) -> None:
    answer = as_bot("POST", conversation(server, account) + "/messages", json=body)
    assert answer.status_code == 422 and answer.json()["error"]


def test_malformed_json_is_refused(server: ChatwootServer, account: Any) -> None:
    path = conversation(server, account) + "/messages"
    answer = requests.post(
        f"{server.url}/api/v1/accounts/7{path}",
        data="{nonsense",
        headers={"api_access_token": account.bot_token, "Content-Type": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 422


def test_the_flood_guard_stops_at_200_a_minute(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    path = conversation(server, account) + "/messages"
    desk = server.desk.account(7)
    for number in range(199):
        server.desk.write(desk, desk.conversations[1], desk.bots[account.bot_id], str(number), private=True)
    answer = as_bot("POST", path, json={"content": "one too many"})
    assert (answer.status_code, answer.json()) == (422, {"error": "Validation failed: Too many messages"})


def test_files_are_posted_and_fetched_through_a_redirect(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    files = [("attachments[]", ("nota.txt", b"conteudo", "text/plain"))]
    path = conversation(server, account) + "/messages"
    message = as_bot("POST", path, data={"content": "veja", "private": "false"}, files=files).json()
    (attachment,) = message["attachments"]
    server.faults.set("attachment_404", next=1)
    assert requests.get(attachment["data_url"], timeout=10).status_code == 404
    assert requests.get(attachment["data_url"], timeout=10, allow_redirects=False).status_code == 302
    assert requests.get(attachment["data_url"], timeout=10).content == b"conteudo"


def test_each_attachments_first_downloads_can_fail(server: ChatwootServer, account: Any) -> None:
    files = [Upload(f"{number}.png", "image/png", b"png") for number in (1, 2)]
    server.customer_says(account.id, None, attachments=files)
    server.faults.set("attachment_404", first=2)
    for attachment in server.desk.attachments.values():
        url = attachment_json(attachment, server.url)["data_url"]
        assert [requests.get(url, timeout=10).status_code for _ in range(4)] == [404, 404, 200, 200]


def test_outside_24_hours_a_plain_message_is_accepted_and_fails_later(
    server: ChatwootServer, account: Any, as_bot: Call, as_user: Call
) -> None:
    path = conversation(server, account)
    server.desk.age(server.desk.account(7).conversations[1], 25)
    assert as_user("GET", path).json()["can_reply"] is False
    assert as_bot("POST", path + "/messages", json={"content": "Oi"}).json()["status"] == "sent"
    assert server.postman.wait_idle()
    last = as_user("GET", path + "/messages").json()["payload"][-1]
    assert last["status"] == "failed" and "external_error" in last["content_attributes"]


@pytest.mark.parametrize(
    ("fault", "status", "stored"),
    [("api_500", 500, 0), ("api_429", 429, 0), ("api_down", 502, 0), ("api_500_after", 500, 1)],
)
def test_faults_before_do_nothing_and_faults_after_have_done_it(
    server: ChatwootServer, account: Any, as_bot: Call, fault: str, status: int, stored: int
) -> None:
    path = conversation(server, account) + "/messages"
    server.faults.set(fault, next=1, only="/messages")
    assert as_bot("POST", path, json={"content": "Olá"}).status_code == status
    assert len(server.desk.account(7).conversations[1].replies()) == stored
    assert as_bot("POST", path, json={"content": "Olá"}).status_code == 200


@pytest.mark.parametrize(("fault", "stored"), [("api_cut", 0), ("api_cut_after", 1)])
def test_a_connection_is_cut_before_or_after_the_message_was_taken(
    server: ChatwootServer, account: Any, as_bot: Call, fault: str, stored: int
) -> None:
    path = conversation(server, account) + "/messages"
    server.faults.set(fault, next=1, only="/messages")
    with pytest.raises(requests.ConnectionError):
        as_bot("POST", path, json={"content": "Olá"})
    assert len(server.desk.account(7).conversations[1].replies()) == stored


def test_a_429_says_when_to_come_back(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    server.faults.set("api_429", next=1, seconds=7)
    refused = as_bot("POST", conversation(server, account) + "/messages", json={"content": "Olá"})
    assert refused.headers["Retry-After"] == "7"


def test_a_held_call_has_stored_its_message_and_not_answered(
    server: ChatwootServer, account: Any, as_bot: Call
) -> None:
    path = conversation(server, account) + "/messages"
    with ThreadPoolExecutor(1) as pool, server.holds.hold(Moment.AFTER, "POST .*/messages") as hold:
        posted = pool.submit(as_bot, "POST", path, json={"content": "Olá"})
        hold.wait(5)
        assert len(server.desk.account(7).conversations[1].replies()) == 1 and not posted.done()
        hold.release()
        assert posted.result(5).status_code == 200


def test_the_log_tells_when_a_messages_call_had_arrived(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    path = conversation(server, account) + "/messages"
    as_bot("POST", path, json={"content": "Olá"})
    [posted] = [e for e in server.journal.read(kind="request") if e["method"] == "POST"]
    [message] = [e for e in server.journal.read(kind="message") if e["message_type"] == "outgoing"]
    assert message["request"] == posted["n"] < message["n"]


def test_faults_and_log_are_reached_over_http(server: ChatwootServer, account: Any, as_bot: Call) -> None:
    control = f"{server.url}/_demo"
    assert requests.post(f"{control}/faults", json={"api_500": {"next": 1}, "seed": 3}, timeout=10).json()["api_500"]
    assert requests.post(f"{control}/faults", json={"nonsense": {"next": 1}}, timeout=10).status_code == 422
    as_bot("POST", conversation(server, account) + "/messages", json={"content": "Olá"})
    api = requests.get(f"{control}/log", params={"kind": "api"}, timeout=10).json()
    assert [(e["method"], e["status"], e["fault"]) for e in api] == [("POST", 500, True)]
    numbers = [e["n"] for e in requests.get(f"{control}/log", timeout=10).json()]
    assert numbers == sorted(numbers)


def test_the_control_api_plays_the_customer_and_waits_for_the_reply(server: ChatwootServer) -> None:
    control = f"{server.url}/_demo/accounts"
    made = requests.post(control, json={"name": "Acme"}, timeout=10).json()
    asked = {"phone": "+5511900000002", "name": "Bia", "content": "Oi"}
    said = requests.post(f"{control}/{made['id']}/customer_messages", json=asked, timeout=10).json()
    talk = f"{control}/{made['id']}/conversations/{said['conversation_id']}"
    assert requests.get(f"{talk}/reply", params={"timeout": 0.05}, timeout=10).status_code == 408
    requests.post(f"{talk}/human_reply", json={"content": "Olá"}, timeout=10)
    reply = requests.get(f"{talk}/reply", params={"after": said["message_id"], "timeout": 5}, timeout=10).json()
    assert (reply["content"], reply["conversation_status"]) == ("Olá", "pending")
    assert requests.post(f"{control}/99/customer_messages", json=asked, timeout=10).status_code == 404
