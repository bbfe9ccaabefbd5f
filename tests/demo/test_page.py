"""The customer page in a real Chromium: typing, live replies, the team's side, languages, narrow screens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Browser

from demo.chatwoot import ChatwootServer

pytest.importorskip("websocket")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def server() -> Iterator[ChatwootServer]:
    with ChatwootServer() as server:
        server.add_account("Loja Um")
        server.add_account("Loja Dois")
        yield server


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser
        assert not browser.problems, browser.problems


def type_as_customer(browser: Browser, company: int, text: str) -> None:
    browser.run(
        f"""(() => {{
            const form = document.querySelectorAll('.company')[{company}].querySelector('.composer');
            form.querySelector('textarea').value = {text!r};
            form.requestSubmit();
        }})()"""
    )


def test_a_customer_writes_and_sees_the_reply_arrive(server: ChatwootServer, browser: Browser) -> None:
    browser.open(server.url)
    browser.wait_for("document.querySelectorAll('.company').length === 2")
    type_as_customer(browser, 0, "Oi, tem <b>lâmpada</b>?")
    browser.wait_for("document.querySelector('.customer-said .text').textContent === 'Oi, tem <b>lâmpada</b>?'")
    account = server.desk.account(1)
    (conversation,) = account.conversations.values()
    assert not server.desk.account(2).conversations
    server.desk.write(account, conversation, next(iter(account.bots.values())), "Temos.")
    browser.wait_for("document.querySelector('.bot-said .text').textContent === 'Temos.'")
    assert browser.run("document.querySelectorAll('.company')[1].querySelectorAll('.message').length") == 0
    server.desk.hand_over(account, conversation)
    browser.wait_for("document.querySelector('.status').dataset.status === 'open'")
    assert browser.run("document.querySelector('.status').textContent.trim()") == "com uma pessoa da equipe"


def test_notes_are_the_teams_and_the_team_can_answer_and_resolve(server: ChatwootServer, browser: Browser) -> None:
    said = server.customer_says(1, "Oi")
    server.human_replies(1, said.conversation.display_id, "segredo", private=True)
    browser.open(server.url)
    browser.wait_for("document.querySelectorAll('.customer-said').length === 1")
    assert "segredo" not in browser.run("document.body.textContent")
    browser.run("document.getElementById('operator').click()")
    browser.wait_for("document.querySelector('.private .text').textContent === 'segredo'")
    browser.run(
        """(() => {
            const form = document.querySelector('.desk');
            form.querySelector('textarea').value = 'Aqui é uma pessoa';
            form.requestSubmit();
        })()"""
    )
    browser.wait_for("document.querySelector('.person-said .text').textContent === 'Aqui é uma pessoa'")
    browser.run("document.querySelector('.desk [data-do=resolve]').click()")
    server.wait_for_status(said.conversation, "resolved", timeout=10)


def test_the_page_speaks_english_too(server: ChatwootServer, browser: Browser) -> None:
    browser.open(server.url)
    browser.wait_for("document.querySelector('h1').textContent === 'Conversas de demonstração'")
    browser.run("document.getElementById('language').click()")
    assert browser.run("document.querySelector('h1').textContent") == "Demo conversations"
    assert browser.run("document.documentElement.lang") == "en"


def test_a_narrow_screen_shows_one_company_at_a_time(server: ChatwootServer) -> None:
    with Browser(width=400) as browser:
        browser.open(server.url)
        browser.wait_for("document.querySelectorAll('.tabs button').length === 2")
        visible = "[...document.querySelectorAll('.company')].map(c => c.offsetParent !== null)"
        assert browser.run(visible) == [True, False]
        browser.run("document.querySelectorAll('.tabs button')[1].click()")
        assert browser.run(visible) == [False, True]
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
