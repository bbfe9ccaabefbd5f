"""An inbox is known once it is seen or fetched, keeps its settings, and knows when people are there."""

from datetime import datetime
from unittest.mock import patch

from requests import Session

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..models import inbox
from .conversation_case import ConversationCase

MONDAY = {"day_of_week": 1, "open_hour": 9, "open_minutes": 0, "close_hour": 18, "close_minutes": 0}
WHATSAPP = {
    "id": 17,
    "name": "WhatsApp da loja",
    "channel_type": "Channel::Whatsapp",
    "timezone": "America/Sao_Paulo",
    "working_hours_enabled": True,
    "working_hours": [MONDAY, {"day_of_week": 0, "closed_all_day": True}],
    "out_of_office_message": "Voltamos segunda.",
}


@tagged("post_install", "-at_install")
class TestInbox(ConversationCase):
    def setUp(self):
        super().setUp()
        self.chatwoot.inboxes = [WHATSAPP, {"id": 18, "name": "Site", "channel_type": "Channel::WebWidget"}]

    @property
    def inboxes(self):
        return self.env["chatwootai.inbox"].search([("connection_id", "=", self.connection.id)], order="inbox_id")

    def press_fetch(self):
        """The button, and the job it made."""
        with trap_jobs() as trap:
            self.connection.action_fetch_inboxes()
            [job] = trap.enqueued_jobs
        with self.own_transactions():
            job.perform()
        self.connection.invalidate_recordset()

    def test_the_button_fetches_the_inboxes_and_leaves_what_was_set(self):
        self.inbox.answering = "in_hours"
        self.press_fetch()
        self.assertEqual(self.connection.fetch_state, "done")
        self.assertIn("inboxes 2", self.connection.fetch_result)
        self.assertEqual(self.inboxes.mapped("name"), ["WhatsApp da loja", "Site"])
        self.assertEqual((self.inbox.answering, self.inbox.channel), ("in_hours", "Channel::Whatsapp"))
        self.assertEqual(self.inbox.out_of_office_message, "Voltamos segunda.")

    def test_each_counts_its_own_conversations(self):
        self.connection._fetch_inboxes()
        self.customer_says("Oi")
        self.assertEqual(self.inboxes.mapped("conversation_count"), [1, 0])

    def test_a_token_that_is_refused_is_said(self):
        self.connection.user_token = "nobody"
        self.press_fetch()
        self.assertEqual(self.connection.fetch_state, "failed")
        self.assertIn("user access token", self.connection.fetch_result)

    def test_the_button_calls_nobody_and_says_at_once_that_it_is_under_way(self):
        with trap_jobs() as trap, patch.object(Session, "send", side_effect=AssertionError("it called Chatwoot")):
            self.connection.action_fetch_inboxes()
            self.connection.action_fetch_inboxes()
            [job] = trap.enqueued_jobs
        self.assertEqual((self.connection.fetch_state, job.channel), ("running", "root.chatwootai_asked"))
        getattr(self.connection, job.job_config.on_fail_method_name)()
        self.assertEqual(self.connection.fetch_state, "failed")

    def test_an_inbox_is_made_with_the_first_message_that_is_seen_in_it(self):
        self.inboxes.unlink()
        self.customer_says("Oi")
        self.customer_says("Tem sérum?")
        self.assertEqual(self.inboxes.inbox_id, 17)
        self.assertEqual((self.inboxes.name, self.inboxes.pause_seconds), ("WhatsApp", 4))
        self.assertEqual(self.conversation._inbox(), self.inboxes)

    def test_a_new_inbox_is_fetched_and_tried_again_while_chatwoot_is_down(self):
        self.inboxes.unlink()
        with trap_jobs() as trap:
            self.env["chatwootai.inbox"]._of(self.connection, 17)
            trap.assert_jobs_count(1, only=self.connection._job_fetch_inboxes)
        self.chatwoot.down = True
        with self.assertRaises(RetryableJobError):
            self.connection._job_fetch_inboxes()
        self.chatwoot.down = False
        with self.enter_registry_test_mode():
            self.connection._job_fetch_inboxes()
        self.assertEqual(len(self.inboxes), 2)

    def test_a_fetch_finds_the_inbox_that_a_first_message_has_just_made(self):
        self.inboxes.unlink()

        def first_message_came_first(connection):
            with trap_jobs():
                self.env["chatwootai.inbox"].create(
                    {"connection_id": connection.id, "inbox_id": 17, "pause_seconds": 9}
                )
            return connection

        with patch.object(inbox, "lock", first_message_came_first):
            self.connection._fetch_inboxes()
        self.assertEqual(self.inboxes.mapped("name"), ["WhatsApp da loja", "Site"])
        self.assertEqual(self.inboxes[0].pause_seconds, 9)

    def test_the_hours_are_the_inboxs_own_or_the_companys(self):
        self.connection._fetch_inboxes()
        self.inbox.hours = "chatwoot"
        at_eleven, at_night = datetime(2026, 7, 6, 14, 0), datetime(2026, 7, 7, 1, 0)  # UTC: a Monday, 11:00 and 22:00
        self.assertTrue(self.inbox._is_open(at_eleven))
        self.assertFalse(self.inbox._is_open(at_night))
        self.assertEqual(self.inbox._opens_at(at_night).strftime("%Y-%m-%d %H:%M %Z"), "2026-07-13 09:00 -03")
        self.assertTrue(self.inbox._chatwoot_says_it_is_closed(at_night))
        profile = self.env["company.services.profile"]._of_company()
        profile._set_opening_hours([{"day": 0, "opens": "20:00", "closes": "23:00"}])
        profile._own_calendar().tz = "America/Sao_Paulo"
        self.inbox.hours = "company"
        self.assertFalse(self.inbox._is_open(at_eleven))
        self.assertTrue(self.inbox._is_open(at_night))
        self.assertEqual(self.inbox._opens_at(at_eleven).strftime("%H:%M"), "20:00")

    def test_without_hours_somebody_is_there(self):
        self.inbox.hours = "chatwoot"
        self.assertTrue(self.inbox._is_open())
        self.assertIsNone(self.inbox._opens_at())

    def test_managers_change_what_readers_only_see(self):
        reader = new_test_user(self.env, "reader", "chatwootai_agent.group_agent_user")
        manager = new_test_user(self.env, "manager", "chatwootai_agent.group_agent_manager")
        self.assertEqual(self.inbox.with_user(reader).answering, "always")
        with self.assertRaises(AccessError):
            self.inbox.with_user(reader).answering = "never"
        self.inbox.with_user(manager).answering = "never"
        for view_type in ("list", "form", "search"):
            self.assertTrue(self.inbox.with_user(reader).get_view(view_type=view_type)["arch"])
