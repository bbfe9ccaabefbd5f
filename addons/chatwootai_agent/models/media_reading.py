"""Has the tenant's model hear and see what customers attach, before the agents answer.

A job of its own for each message: Chatwoot may answer 404 for a file's first seconds, and a model takes some. The turn
waits for it a while (`being_read`); a file that could not be read by then goes to a person.
"""

import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from odoo.addons.chatwootai_mcp.chatwoot.attachment_fetch import NotFetchable, NotThereYet, fetch
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction, lock
from odoo.addons.queue_job.exception import RetryableJobError

from ..crews.errors import TurnFailed
from ..crews.media import AUDIO_LIMIT, IMAGE_LIMIT, IMAGE_TYPES, Unheard, describe_image, transcribe
from ..turns.admission import limit_reached

_logger = logging.getLogger(__name__)
_CHANNEL = "root.chatwootai_media"
_FETCH_SECONDS = 30.0
_LIMITS = {"image": IMAGE_LIMIT, "audio": AUDIO_LIMIT}
_MODELS = {"image": "chatwootai_llm_model", "audio": "chatwootai_llm_transcription_model"}  # fields of the company
_PAUSES = (2, 4, 8, 15, 30)  # seconds before each further try
_CHATWOOTS_OWN = timedelta(seconds=10)
_WAITED_FOR = timedelta(minutes=4)  # a job that is lost delays no answer longer


class Message(models.Model):
    _inherit = "chatwootai.message"

    readings = fields.Json(readonly=True, help="What the model heard or saw in each attachment, by its place.")

    @api.private
    def queue_reading(self):
        """A job for what the tenant's model is to hear or see; whether there is one."""
        self.ensure_one()
        kinds = self._kinds_read()
        unread = {
            str(place): {"state": "reading"}
            for place, attachment in enumerate(self.attachments or [])
            if attachment.get("file_type") in kinds and not attachment.get("transcribed_text")
        }
        if not unread:
            return False
        self.readings = unread
        self.with_user(SUPERUSER_ID).with_delay(
            channel=_CHANNEL,
            identity_key=f"chatwootai.media:{self.id}",
            description=f"Hear and see message {self.chatwoot_id}",
        )._job_read()
        return True

    def _kinds_read(self):
        company = self.env.company.sudo()
        kinds = {"image": company.chatwootai_llm_vision, "audio": company.chatwootai_llm_transcription_model}
        return {kind for kind, on in kinds.items() if on}

    @api.private
    def being_read(self):
        """Whether an answer should wait for the reading of any of these messages."""
        now = fields.Datetime.now()
        return any(
            (message.received_at > now - _WAITED_FOR and message._places_being_read())
            or (message.received_at > now - _CHATWOOTS_OWN and message._unheard())
            for message in self
        )

    def _unheard(self):
        """Whether there is an audio that Chatwoot may still transcribe by itself."""
        return not self.readings and any(
            one.get("file_type") == "audio" and not one.get("transcribed_text") for one in self.attachments or []
        )

    def _places_being_read(self):
        """Places of the attachments still to be read; one that Chatwoot has transcribed meanwhile is none."""
        attachments = self.attachments or []
        return [
            int(place)
            for place, reading in (self.readings or {}).items()
            if reading["state"] == "reading"
            and int(place) < len(attachments)
            and not attachments[int(place)].get("transcribed_text")
        ]

    @api.private
    def what_was_read(self, place):
        """What the model heard or saw in an attachment; None where it did not."""
        return ((self.readings or {}).get(str(place)) or {}).get("text")

    def _job_read(self):
        """Read what is still to be read; what is found is noted in transactions of its own."""
        self.ensure_one()
        tries = 0
        for task in in_own_transaction(self.env, _tasks, self.id):
            tries = max(tries, task.tries + 1)
            over = in_own_transaction(self.env, limit_reached)  # what is spent here counts, too
            state, text = ("unreadable", None) if over else task.perform()
            if state == "reading" and task.tries >= len(_PAUSES):
                state = "unreadable"
            reading = {"state": state, "text": text, "tries": tries}
            in_own_transaction(self.env, _note, self.id, task.place, reading, task.model, task.tokens)
        if in_own_transaction(self.env, _still_reads, self.id):
            pause = _PAUSES[min(tries, len(_PAUSES)) - 1]
            raise RetryableJobError("A file is not there yet.", pause, ignore_retry=True)
        in_own_transaction(self.env, _answer, self.id)
        return "read"


class _Task:
    """One attachment to read, with all that is needed for it: no record outlives the transaction that read it."""

    def __init__(self, message, place):
        attachment = message.attachments[place]
        company = message.env.company.sudo()
        self.place = place
        self.kind = attachment["file_type"]
        self.tokens = None  # read and written
        self.url = attachment.get("data_url") or ""
        self.declared_size = attachment.get("file_size") or 0
        self.tries = message.readings[str(place)].get("tries", 0)
        self.base_url = message.conversation_id.connection_id.sudo().base_url
        self.language = in_company_language(message.env).lang or ""
        self.model = company[_MODELS[self.kind]]
        try:
            self.llm = company._chatwootai_llm_settings()
        except TurnFailed:
            self.llm = None

    def perform(self):
        """(state, text): read; unreadable for good; or still reading, to be tried again."""
        if self.llm is None or self.declared_size > _LIMITS[self.kind]:
            return "unreadable", None
        try:
            file = fetch(self.url, self.base_url, limit=_LIMITS[self.kind], seconds=_FETCH_SECONDS)
            return "read", self._read(file)
        except NotThereYet as error:
            _logger.info("attachment not there yet: %s", error)
            return "reading", None
        except Unheard as error:
            _logger.info("attachment not read: %s", error)
            return "reading" if error.retryable else "unreadable", None
        except NotFetchable as error:
            _logger.warning("attachment not fetched: %s", error)
            return "unreadable", None

    def _read(self, file):
        if self.kind == "audio":
            return transcribe(self.llm, self.model, file.content, file.content_type, self._note_tokens)
        if file.content_type not in IMAGE_TYPES:
            raise Unheard("not a kind of picture that models take")
        return describe_image(self.llm, file.content, file.content_type, self.language, self._note_tokens)

    def _note_tokens(self, read, written):
        self.tokens = read, written


def _tasks(env, message_id):
    message = env["chatwootai.message"].browse(message_id).exists()
    return [_Task(message, place) for place in message._places_being_read()] if message else []


def _note(env, message_id, place, reading, model, tokens):
    message = env["chatwootai.message"].browse(message_id)
    message.readings = (message.readings or {}) | {str(place): reading}
    if tokens:
        price = env.company._chatwootai_price(model)
        money = price.of(*tokens) if price else 0
        env["chatwootai.usage"]._add(tokens_in=tokens[0], tokens_out=tokens[1], money=money)


def _still_reads(env, message_id):
    return bool(env["chatwootai.message"].browse(message_id).exists()._places_being_read())


def _answer(env, message_id):
    if conversation := lock(env["chatwootai.message"].browse(message_id).exists().conversation_id):
        conversation.queue_turn()
