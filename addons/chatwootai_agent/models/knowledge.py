"""The agents' knowledge, one row per collection: what is indexed, when, what went wrong; and the resync itself."""

import logging
import sys

from odoo import api, fields, models

from odoo.addons.chatwootai_mcp.control import get_control
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.error_words import in_words
from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
from odoo.addons.chatwootai_mcp.stores.errors import StoreError, StoreUnavailable
from odoo.addons.chatwootai_mcp.stores.vectors import Point
from odoo.addons.chatwootai_mcp.tenancy.account import CollectionType, InvalidAccountId, parse_account_id

from ..knowledge.changes import changes_between, within
from ..knowledge.chunk import WRITTEN_BY, chunks_of

_logger = logging.getLogger(__name__)

#: Collections to resync once the transaction is through, kept in `cr.precommit.data`.
CHANGED = "chatwootai.knowledge.changed"
RETRY_SECONDS = 60
_BATCH = 128


class ChatwootaiKnowledge(models.Model):
    _name = "chatwootai.knowledge"
    _description = "Agents' knowledge"
    _order = "id"

    collection_type = fields.Selection(
        [("products", "Products"), ("rules", "Rules"), ("support_documents", "Support documents")],
        "Knowledge",
        required=True,
        readonly=True,
    )
    outcome = fields.Selection(
        [("never", "Not indexed yet"), ("done", "Up to date"), ("error", "Error")],
        "Last outcome",
        required=True,
        readonly=True,
        default="never",
    )
    # Waiting is read off the queue, not written here: a product's save would have to wait for a resync under way.
    state = fields.Selection(
        [("never", "Not indexed yet"), ("queued", "Waiting"), ("done", "Up to date"), ("error", "Error")],
        "Status",
        compute="_compute_state",
    )
    message = fields.Char("What went wrong", readonly=True)
    points = fields.Integer("Entries", readonly=True, help="Passages the agents can find.")
    resynced_at = fields.Datetime("Last resync", readonly=True)
    embedding_model = fields.Char(readonly=True, help="What the vectors were computed with.")
    # As superuser: whoever reads the agents' knowledge need not be one who reads the company's documents.
    unreadable_count = fields.Integer("Not readable", compute="_compute_unreadable_count", compute_sudo=True)
    unreadable_ids = fields.Many2many(
        "chatwootai.knowledge.document",
        string="Documents that can't be read",
        compute="_compute_unreadable_count",
        compute_sudo=True,
    )

    _collection_unique = models.Constraint("UNIQUE(collection_type)", "A collection has one row.")

    @api.depends("collection_type")
    def _compute_display_name(self):
        for knowledge in self:
            knowledge.display_name = knowledge._label() if knowledge.collection_type else False

    @api.depends("outcome")
    def _compute_state(self):
        keys = [self._identity_key(knowledge.collection_type) for knowledge in self]
        waiting = set(
            self.env["queue.job"]
            .sudo()
            .search([("identity_key", "in", keys), ("state", "in", ("pending", "enqueued", "started"))])
            .mapped("identity_key")
        )
        for knowledge in self:
            queued = self._identity_key(knowledge.collection_type) in waiting
            # A retry that waits for a store that is down is no news; the error is.
            knowledge.state = "queued" if queued and knowledge.outcome != "error" else knowledge.outcome

    def _compute_unreadable_count(self):
        unreadable = self.env["chatwootai.knowledge.document"].search(
            [("state", "=", "unreadable"), ("document_id.active", "=", True)]
        )
        for knowledge in self:
            mine = unreadable if knowledge.collection_type == "support_documents" else unreadable.browse()
            knowledge.unreadable_ids = mine
            knowledge.unreadable_count = len(mine)

    # --- When

    def action_resync(self):
        """The button: queue the work for these rows, or for all when none are given."""
        self.check_access("read")
        rows = self or self.search([])
        self.sudo()._queue_resync(rows.mapped("collection_type"), at_once=True)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The knowledge is being brought up to date. This takes a moment."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _source_changed(self, collection_type):
        """A source was written: resync its collection once this transaction is through, however often it is written.

        Queued at the end of the transaction, so that the job does not start before the change can be seen.
        """
        if not self.env.registry.ready or self.env.context.get("install_mode"):
            return  # a module being installed or a template in the making; the cron reconciles
        precommit = self.env.cr.precommit
        changed = precommit.data.get(CHANGED)
        if changed is None:
            changed = precommit.data[CHANGED] = set()
            precommit.add(self.env(su=True)["chatwootai.knowledge"]._queue_changed)
        changed.add(collection_type)

    @api.model
    def _queue_changed(self):
        self._queue_resync(sorted(self.env.cr.precommit.data.pop(CHANGED, ())))

    @api.model
    def _queue_resync(self, collection_types, at_once=False):
        """One job per collection: a second one is not queued while one waits."""
        for collection_type in collection_types:
            identity_key = self._identity_key(collection_type)
            if at_once:
                # A job waiting for its next retry would swallow the new one: let it run now.
                self.env["queue.job"].sudo().search(
                    [("identity_key", "=", identity_key), ("state", "=", "pending"), ("eta", "!=", False)]
                ).write({"eta": False})
            self.with_delay(
                identity_key=identity_key,
                description=self.env._("Index the knowledge: %s", self._row(collection_type)._label()),
            )._job_resync(collection_type)

    @api.model
    def _cron_reconcile(self):
        """What no write told of: expired files, a store that lost its data, a job that was lost."""
        self._queue_resync([collection_type.value for collection_type in CollectionType])

    @api.model
    def _job_resync(self, collection_type):
        """Never fails: what went wrong is told on the row, and a store that is down is tried again."""
        try:
            with self.env.cr.savepoint():
                return self._resync([collection_type])
        except StoreUnavailable as error:
            self._note_error(collection_type, in_words(in_company_language(self.env), str(error)))
            self.with_delay(
                identity_key=self._identity_key(collection_type),
                description=self.env._("Index the knowledge once the store answers"),
                eta=RETRY_SECONDS,
            )._job_resync(collection_type)
            return str(error)
        except (StoreError, InvalidAccountId) as error:
            self._note_error(collection_type, in_words(in_company_language(self.env), str(error)))
            return str(error)

    # --- What

    @api.model
    def _resync(self, collection_types=None, progress=None):
        """Bring the vectors in line with their sources; return what was done per collection.

        Only points the resync wrote are ever replaced or deleted, and those whose digest did not change are left alone.
        Beside another resync it raises PostgreSQL's concurrency errors: the caller runs it again in a new transaction
        (jobs and `odoo.service.model.retrying` do), which sees what the other one saw and more.

        :param progress: called as `progress(collection type, written, to write)`
        """
        account_id = parse_account_id(self.env.cr.dbname)
        done = {}
        for collection_type in collection_types or [each.value for each in CollectionType]:
            changes = self._resync_collection(account_id, CollectionType(collection_type), progress)
            done[collection_type] = changes.counts()
            _logger.info("knowledge of %s, %s: %s", account_id, collection_type, done[collection_type])
        return done

    @api.model
    def _resync_collection(self, account_id, collection_type, progress):
        stores = get_stores()
        vectors, embedder = stores.vectors, stores.embedder
        self._lock(collection_type.value)
        vectors.ensure(account_id, collection_type, embedder.dimension, embedder.model)
        texts = self.env["chatwootai.knowledge.sources"]._texts(collection_type.value)
        stored = vectors.digests(account_id, collection_type, WRITTEN_BY)
        changes = changes_between(chunks_of(account_id, embedder.model, texts), stored)
        changes, left_out = within(changes, stored, self._room())
        for start in range(0, len(changes.upserts), _BATCH):
            batch = changes.upserts[start : start + _BATCH]
            points = self._points(embedder, batch)
            with stores.cache.writing(account_id, f"vectors_{collection_type.value}"):
                vectors.upsert(account_id, collection_type, points)
            if progress:
                progress(collection_type.value, start + len(batch), len(changes.upserts))
        if changes.deletes:
            with stores.cache.writing(account_id, f"vectors_{collection_type.value}"):
                vectors.delete(account_id, collection_type, changes.deletes)
        self._note_done(account_id, collection_type, stores)
        if left_out:
            self._note_limit(collection_type.value, left_out)
        return changes

    @api.model
    def _room(self):
        """How many entries the tenant's limit still allows."""
        limit = get_control().limits(self.env.cr.dbname).vectors
        return sys.maxsize if limit is None else limit - self.env["chatwootai.usage"]._vectors()

    @api.model
    def _note_limit(self, collection_type, left_out):
        """Told on the row, and to the managers once: what is left out, the agents do not know."""
        self.env["chatwootai.limit"]._tell("vectors")
        message = in_company_language(self.env)._(
            "The account's limit of knowledge entries is reached: %s entries are left out. Remove what is not needed,"
            " or ask the operator to raise the limit, and index again.",
            left_out,
        )
        self._note_error(collection_type, message)

    @api.model
    def _points(self, embedder, chunks):
        embeddings = embedder.embed([chunk.embedded for chunk in chunks])
        return [
            Point(chunk.id, embedding.dense, embedding.sparse, chunk.payload)
            for chunk, embedding in zip(chunks, embeddings, strict=True)
        ]

    @api.model
    def _note_done(self, account_id, collection_type, stores):
        points = {info.collection_type: info.points for info in stores.vectors.info(account_id)}
        self._row(collection_type.value).write(
            {
                "outcome": "done",
                "message": False,
                "points": points.get(collection_type, 0),
                "resynced_at": fields.Datetime.now(),
                "embedding_model": stores.embedder.model,
            }
        )

    @api.model
    def _note_error(self, collection_type, said):
        self._row(collection_type).write({"outcome": "error", "message": said})

    @api.model
    def _lock(self, collection_type):
        """Texts older than those of a resync that ended meanwhile must not be written over its points.

        Each resync writes its row at the end: who read before that fails here, and starts anew.
        """
        row = self._row(collection_type)
        self.env.flush_all()
        self.env.cr.execute("SELECT id FROM chatwootai_knowledge WHERE id = %s FOR UPDATE NOWAIT", [row.id])

    @api.model
    def _identity_key(self, collection_type):
        return f"chatwootai_knowledge:{collection_type}"

    @api.model
    def _row(self, collection_type):
        row = self.sudo().search([("collection_type", "=", collection_type)], limit=1)
        return row or self.sudo().create({"collection_type": collection_type})

    def _label(self):
        self.ensure_one()
        return dict(self._fields["collection_type"]._description_selection(self.env))[self.collection_type]
