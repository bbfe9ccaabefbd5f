"""The client asks what Chatwoot's contract says, and puts each failure into its class. Against a real socket."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chatwootai_mcp.chatwoot.client import ChatwootClient, OutgoingFile, normal_base_url
from chatwootai_mcp.chatwoot.errors import NotFound, Rejected, Unauthorized, Unavailable
from chatwootai_mcp.chatwoot.payload import parse_message

LISTED = {"id": 5, "message_type": 1, "content": "Oi", "sender": {"id": 2, "type": "agent_bot"}}


class Server(ThreadingHTTPServer):
    """Answers what it is told, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked, self.answers = [], {}
        self.hanging = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        if body and not self.headers["Content-Type"].startswith("multipart/"):
            body = json.loads(body)
        path = self.path
        self.server.asked.append((self.command, path, self.headers["api_access_token"], body))
        told = self.server.answers.get((self.command, path.partition("?")[0]), (404, {"error": "no"}, {}))
        status, answer, headers = told(self.headers["api_access_token"]) if callable(told) else told
        if status is None:
            if answer == "hang":
                self.server.hanging.wait(10)
            self.close_connection = True
            self.connection.close()
            return
        if answer == "drip":
            self.send_response(status)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            while not self.server.hanging.wait(0.05):
                self.wfile.write(b" ")
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _serve

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.hanging.set()
        running.shutdown()


@pytest.fixture
def client(server):
    with ChatwootClient(f"http://127.0.0.1:{server.server_port}", 7, "reads", "writes", read_seconds=5) as client:
        yield client


def base(path):
    return f"/api/v1/accounts/7/conversations/25{path}"


def test_a_message_is_posted_with_the_bots_token(server, client):
    server.answers["POST", base("/messages")] = (200, {"id": 99, "message_type": 1}, {})
    assert client.send_message(25, "Olá", content_type="text") == 99
    body = {"content": "Olá", "message_type": "outgoing", "private": False, "content_type": "text"}
    assert server.asked == [("POST", base("/messages"), "writes", body)]


def test_messages_are_read_with_the_users_token_page_by_page(server, client):
    server.answers["GET", base("/messages")] = (200, {"meta": {}, "payload": [LISTED]}, {})
    assert [message.id for message in client.messages_since(25, 4)] == [5]
    assert [message.id for message in client.messages_since(25, 0)] == [5]
    assert [(path, token) for _verb, path, token, _body in server.asked] == [
        (base("/messages?after=4"), "reads"),
        (base("/messages"), "reads"),
    ]


def test_a_long_list_is_read_to_its_end(server, client):
    pages = [[{**LISTED, "id": number} for number in range(1, 101)], [{**LISTED, "id": 101}]]
    floors = []
    client.messages = lambda _conversation, after: (
        floors.append(after) or [parse_message(item) for item in pages.pop(0)]
    )
    assert [message.id for message in client.messages_since(25, 1)] == list(range(2, 102))
    assert floors == [1, 100]


def test_a_list_of_which_nothing_was_read_is_read_farther_back_than_a_page(client):
    everything = [parse_message({**LISTED, "id": number}) for number in range(1, 131)]
    client.messages = lambda _conversation, before=None: [
        message for message in everything if before is None or message.id < before
    ][-20:]
    assert [message.id for message in client.messages_since(25, 0)] == list(range(31, 131))


def test_pending_conversations_are_listed_with_their_newest_message(server, client):
    path = "/api/v1/accounts/7/conversations"
    shown = {"messages": [{"id": 8}], "last_non_activity_message": {"id": 7}, "last_activity_at": 1781706000}
    listed = [{"id": 1, "status": "pending", **shown}, {"id": 2, "status": "pending"}]
    server.answers["GET", path] = (200, {"data": {"meta": {}, "payload": listed}}, {})
    one, other = client.pending_conversations(2)
    assert (one.conversation.display_id, one.newest_id, one.last_activity_at) == (1, 8, 1781706000)
    assert (other.newest_id, other.last_activity_at) == (0, None)
    [(_method, asked, token, _body)] = server.asked
    assert (asked, token) == (f"{path}?status=pending&assignee_type=all&page=2", "reads")


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"data": {"payload": [3]}}, {"data": {"payload": [{"id": "x"}]}}])
def test_a_list_in_another_form_is_a_clear_error(server, client, answer):
    server.answers["GET", "/api/v1/accounts/7/conversations"] = (200, answer, {})
    with pytest.raises(Unavailable):
        client.pending_conversations()


def test_older_messages_are_read_page_by_page_up_to_the_limit(server, client):
    everything = [parse_message({**LISTED, "id": number}) for number in range(1, 61)]

    def page(_conversation, before=None):
        return [message for message in everything if before is None or message.id < before][-20:]

    client.messages = page
    assert [message.id for message in client.messages_before(25, None, 30)] == list(range(31, 61))
    assert [message.id for message in client.messages_before(25, 11, 50)] == list(range(1, 11))


def test_contacts_are_read_with_the_users_token_and_without_their_secrets(server, client):
    contact = {"id": 3, "name": "Ana", "email": None, "contact_inboxes": [{"pubsub_token": "s3cret"}]}
    server.answers["GET", "/api/v1/accounts/7/contacts/search"] = (
        200,
        {"meta": {"count": 9}, "payload": [contact]},
        {},
    )
    [found], total = client.find_contacts("ana & co", 2)
    assert (found.contact.name, total) == ("Ana", 9)
    assert "s3cret" not in repr(found)
    assert server.asked[-1][1:3] == ("/api/v1/accounts/7/contacts/search?q=ana+%26+co&page=2", "reads")


def test_a_contact_is_corrected_with_the_users_token(server, client):
    path = "/api/v1/accounts/7/contacts/3"
    server.answers["PUT", path] = (
        200,
        {"payload": {"id": 3, "name": "Ana", "custom_attributes": {"a": 1, "b": 2}}},
        {},
    )
    changed = client.update_contact(3, {"custom_attributes": {"b": 2}})
    assert changed.custom_attributes == {"a": 1, "b": 2}
    assert server.asked == [("PUT", path, "reads", {"custom_attributes": {"b": 2}})]


@pytest.mark.parametrize("answer", [[], {}, {"payload": [7]}, {"payload": None}, {"meta": [], "payload": []}])
def test_contacts_in_another_form_are_a_clear_error(server, client, answer):
    server.answers["GET", "/api/v1/accounts/7/contacts/search"] = (200, answer, {})
    with pytest.raises(Unavailable):
        client.find_contacts("ana")


def test_an_answer_that_drips_ends_with_the_calls_time(server, client):
    server.answers["GET", base("")] = (200, "drip", {})
    client.deadline = time.monotonic() + 1
    with pytest.raises(Unavailable):  # the answer itself never ends
        client.conversation(25)
    with pytest.raises(Unavailable):
        client.conversation(25)
    assert len(server.asked) == 1, "asked after its time"


def test_an_answer_is_read_whole_within_the_calls_time(server, client):
    client.deadline = time.monotonic() + 5
    server.answers["GET", base("/messages")] = (200, {"payload": [{**LISTED, "content": "á" * 100_000}]}, {})
    [message] = client.messages(25)
    assert message.content == "á" * 100_000


def test_labels_are_merged_with_those_that_are_there(server, client):
    server.answers["GET", base("/labels")] = (200, {"payload": ["vip"]}, {})
    server.answers["POST", base("/labels")] = (200, {"payload": ["vip", "ai"]}, {})
    client.add_labels(25, ["ai", "vip"])
    assert server.asked[-1] == ("POST", base("/labels"), "writes", {"labels": ["vip", "ai"]})


@pytest.mark.parametrize("action", ["labels", "toggle_priority"])
def test_what_a_bot_may_not_set_is_set_with_the_users_token(server, client, action):
    def for_people_only(token):
        return (200, {"payload": []}, {}) if token == "reads" else (401, {"error": "not with a bot token"}, {})

    server.answers["GET", base("/labels")] = (200, {"payload": []}, {})
    server.answers["POST", base(f"/{action}")] = for_people_only
    client.add_labels(25, ["ai"]) if action == "labels" else client.set_priority(25, "high")
    assert [token for method, _path, token, _body in server.asked if method == "POST"] == ["writes", "reads"]


def test_labels_that_are_there_already_are_not_written(server, client):
    server.answers["GET", base("/labels")] = (200, {"payload": ["vip"]}, {})
    client.add_labels(25, ["vip"])
    assert len(server.asked) == 1


def test_status_assignment_and_typing_take_an_empty_answer(server, client):
    for action in ("toggle_status", "assignments", "toggle_typing_status", "toggle_priority"):
        server.answers["POST", base(f"/{action}")] = (200, b"", {})
    client.set_status(25, "open")
    client.assign(25, team_id=3)
    client.show_typing(25, True)
    client.set_priority(25, None)
    assert [body for *_rest, body in server.asked] == [
        {"status": "open"},
        {"team_id": 3},
        {"typing_status": "on"},
        {"priority": None},
    ]


def test_the_profile_tells_the_accounts(server, client):
    server.answers["GET", "/api/v1/profile"] = (200, {"id": 3, "name": "Ana", "accounts": [{"id": 7}, {"id": 8}]}, {})
    assert client.profile().accounts == {7, 8}


def test_a_write_token_is_good_when_it_is_told_that_the_conversation_is_missing(server, client):
    client.check_write_token()
    server.answers["GET", "/api/v1/accounts/7/conversations/0"] = (401, {"error": "Invalid"}, {})
    with pytest.raises(Unauthorized, match="Invalid"):
        client.check_write_token()


@pytest.mark.parametrize(
    ("answer", "error", "maybe_done"),
    [
        ((401, {"error": "Invalid Access Token"}, {}), Unauthorized, False),
        ((403, {"error": "no"}, {}), Unauthorized, False),
        ((404, {"error": "not found"}, {}), NotFound, False),
        ((422, {"error": "Content is too long"}, {}), Rejected, False),
        ((402, {"error": "pay"}, {}), Rejected, False),
        ((302, b"", {"Location": "https://elsewhere/"}), Unavailable, False),
        ((422, {"error": "Too many messages"}, {}), Unavailable, False),
        ((429, b"<html>", {"Retry-After": "9"}), Unavailable, False),
        ((500, b"<html>oops</html>", {}), Unavailable, True),
        ((200, b"<html>login</html>", {}), Unavailable, True),
        ((200, {"no": "id"}, {}), Unavailable, True),
        ((None, "hang", {}), Unavailable, True),
        ((None, "close", {}), Unavailable, True),
    ],
)
def test_each_failure_has_its_class_and_says_whether_it_may_have_had_effect(server, client, answer, error, maybe_done):
    if answer[1] == "hang":
        client.read_seconds = 0.3
    server.answers["POST", base("/messages")] = answer
    with pytest.raises(error) as caught:
        client.send_message(25, "Olá")
    assert type(caught.value) is error
    assert caught.value.maybe_done is maybe_done
    assert "html" not in str(caught.value)


def test_what_chatwoot_asks_to_wait_is_kept(server, client):
    server.answers["POST", base("/messages")] = (429, {}, {"Retry-After": "9"})
    with pytest.raises(Unavailable) as caught:
        client.send_message(25, "Olá")
    assert caught.value.retry_after == 9


def test_a_closed_port_never_had_an_effect():
    with Server() as gone:
        port = gone.server_port
    with pytest.raises(Unavailable) as caught:
        ChatwootClient(f"http://127.0.0.1:{port}", 7, "reads", "writes").send_message(25, "Olá")
    assert not caught.value.maybe_done


def test_without_a_token_nothing_is_asked(server):
    with pytest.raises(Unauthorized):
        ChatwootClient(f"http://127.0.0.1:{server.server_port}", 7, None).send_message(25, "Olá")
    assert server.asked == []


def test_tokens_are_not_shown():
    assert "reads" not in repr(ChatwootClient("http://127.0.0.1", 7, "reads", "writes"))
    assert "writes" not in repr(ChatwootClient("http://127.0.0.1", 7, "reads", "writes"))


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://Chat.Example.com/", "https://chat.example.com"),
        (" http://localhost:3000// ", "http://localhost:3000"),
        ("https://x.com/chat/", "https://x.com/chat"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_address_has_one_spelling(given, normal):
    assert normal_base_url(given) == normal


@pytest.mark.parametrize(
    "given", ["chat.example.com", "ftp://x", "https://user:pass@x.com", "https://x.com/?a=1", "https://x.com:99999", ""]
)
def test_what_is_no_address_is_refused(given):
    with pytest.raises(ValueError):
        normal_base_url(given)


def test_files_go_along_as_a_form_with_the_same_meaning(server, client):
    server.answers["POST", base("/messages")] = (200, {"id": 99, "message_type": 1}, {})
    file = OutgoingFile("manual.pdf", "application/pdf", b"%PDF-1.7")
    assert client.send_message(25, "Olá", files=[file], content_attributes={"a": 1}) == 99
    [(_verb, _path, token, form)] = server.asked
    assert token == "writes"
    for piece in (b'name="attachments[]"; filename="manual.pdf"', b"%PDF-1.7", b'{"a": 1}', b"false", "Olá".encode()):
        assert piece in form


@pytest.mark.parametrize(
    ("answer", "out_of_reach"),
    [
        ((503, {}, {}), True),
        ((429, {}, {}), True),
        ((None, "hang", {}), True),
        ((500, {}, {}), False),
        ((422, {"error": "Too many messages"}, {}), False),
    ],
)
def test_it_is_said_whether_any_other_call_would_fail_too(server, client, answer, out_of_reach):
    if answer[1] == "hang":
        client.read_seconds = 0.3
    server.answers["POST", base("/messages")] = answer
    with pytest.raises(Unavailable) as caught:
        client.send_message(25, "Olá")
    assert caught.value.out_of_reach is out_of_reach
