"""The chain over the audit's rows: sealed behind the writers, checked, and cut at its old end by retention.

A business transaction only adds rows and waits for nobody. Sealing is a short transaction of its own, behind it, under
a lock on the chain's one row: so the chain never forks, and nobody's work stands in its way.
"""

import base64
import functools
import itertools
import logging
import secrets
from datetime import timedelta
from pathlib import Path

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..control import get_control
from ..servers.audit_trail import trail
from ..settings import get_keyring
from ..tenancy.audit import AuditEvent
from ..tenancy.audit_chain import COLUMNS, Chain, Finding, Head, Link
from ..tenancy.keyring import Undecipherable, WeakSecret
from .alert import MANAGERS
from .audit import columns, content_of
from .big_integer import BigInteger
from .company_language import in_company_language
from .error_words import in_words
from .own_transaction import in_own_transaction
from .parameters import whole_number
from .secret_field import PURPOSE, Secret

_logger = logging.getLogger(__name__)
_GUARD = Path(__file__).parent.parent / "audit_append_only.sql"
_AT_ONCE = 2000  # rows sealed, purged or checked in one go
_FINDINGS = 50  # more tell no more
_UNSEALED_AFTER = timedelta(minutes=15)  # by then the cron has sealed what was left
DAYS_PARAMETER = "chatwootai_mcp.audit_days"
DEFAULT_DAYS = 365
MIN_DAYS = 30


class AuditChain(models.Model):
    _name = "chatwootai.audit.chain"
    _description = "Audit's chain"

    key = Secret(required=True)
    head_seq = BigInteger("Rows so far", required=True, readonly=True)
    head_seal = fields.Char(readonly=True)
    head_mac = fields.Char(readonly=True)
    purged_seq = BigInteger("Rows removed by age", required=True, readonly=True)
    purged_seal = fields.Char(readonly=True)
    purged_mac = fields.Char(readonly=True)
    checked_at = fields.Datetime("Last checked", readonly=True)
    check_asked_at = fields.Datetime(readonly=True)
    checking = fields.Boolean(compute="_compute_checking")
    check_state = fields.Selection([("whole", "Whole"), ("broken", "Broken")], "Result", readonly=True)
    check_result = fields.Text("Found", readonly=True)

    _one = models.UniqueIndex("((TRUE))")

    def init(self):
        self.pool.post_init(self.env.cr.execute, _GUARD.read_text())

    def _compute_display_name(self):
        self.display_name = self.env._("Audit's integrity")

    @api.depends("check_asked_at", "checked_at")
    def _compute_checking(self):
        for chain in self:
            asked = chain.check_asked_at
            chain.checking = bool(asked and (not chain.checked_at or chain.checked_at < asked))

    # -- the key

    @api.model
    def _chain(self) -> Chain | None:
        """The tenant's chain, made when it is first asked for; None while its key can't be read."""
        return _opened_or_told(self._key())

    @api.model
    @tools.ormcache()
    def _key(self) -> str:
        """The key as it is stored; made in a transaction of its own, for which no business transaction waits."""
        return in_own_transaction(self.env, _key_made)

    # -- sealing

    @api.model
    def _seal_soon(self) -> None:
        """Have the rows of this transaction sealed once it is committed."""
        waiting = self.env.cr.postcommit
        if "chatwootai.audit" not in waiting.data:
            waiting.data["chatwootai.audit"] = True
            waiting.add(functools.partial(trail.seal_soon, self.env.cr.dbname))

    @api.model
    def _seal(self) -> int:
        """Give every row that has no place in the chain its place; how many there were."""
        sealed = 0
        while count := in_own_transaction(self.env, _seal_in):
            sealed += count
            if count < _AT_ONCE:
                break
        return sealed

    @api.model
    def _seal_some(self) -> int:
        """Give some of them their place, in this transaction, which reads what is committed; how many there were."""
        return _seal_in(self.env)

    @api.model
    def _cron_seal(self) -> None:
        """Seal what a killed process left behind, and have the operator note how far the chain is."""
        self._seal()
        [head] = in_own_transaction(self.env, _heads, "head")
        if head.seq:
            get_control().note_audit_head(self.env.cr.dbname, head.seq, head.seal)

    # -- retention

    @api.model
    def _days(self) -> int:
        """How long rows are kept; at least a month, whatever is set."""
        return max(MIN_DAYS, whole_number(self.env, DAYS_PARAMETER, DEFAULT_DAYS))

    @api.model
    def _purge(self) -> int:
        """Take away the rows that have had their time; the chain stays provable from there on."""
        until = fields.Datetime.now() - timedelta(days=self._days())
        purged = 0
        while count := in_own_transaction(self.env, _purge_some, until):
            purged += count
        [last] = in_own_transaction(self.env, _heads, "purged")
        get_control().forget_audit_heads(self.env.cr.dbname, last.seq)
        if purged:
            event = AuditEvent(
                f"user:{self.env.uid}",
                self.env.uid,
                "retention",
                "",
                "success",
                0,
                {"rows": purged, "before": until.date().isoformat()},
                kind="configuration",
            )
            self.env["chatwootai.audit"].sudo()._record([event])
        return purged

    # -- the check

    @api.model
    def _check(self) -> list[Finding]:
        """What is wrong with the audit; nothing, if all of it is as it was written."""
        self._seal()
        # Asked before the rows are read: what is noted meanwhile may be newer than what is read.
        noted = [Head(seq, seal) for seq, seal in get_control().audit_heads(self.env.cr.dbname)]
        with self.env.registry.cursor() as cr:
            found = list(itertools.islice(_findings(self.with_env(self.env(cr=cr)), noted), _FINDINGS))
        return found

    @api.model
    def _cron_check(self) -> None:
        """Once a day: take away what has had its time, and look whether the rest is whole."""
        self._purge()
        self._check_and_tell()

    def _check_and_tell(self) -> None:
        found = self._check()
        env = in_company_language(self.env)
        said = "\n".join(f"{finding.seq or '-'}: {in_words(env, finding.what)}" for finding in found)
        in_own_transaction(self.env, _note_check, said)
        if found:
            summary = env._("The audit was changed from outside")
            self.env["chatwootai.alert"]._raise("audit_broken", summary, said)

    def action_check(self):
        """Have it checked in the background: a long audit takes a while."""
        if not self.env.user.has_group(MANAGERS):
            raise AccessError(self.env._("Only an MCP administrator may check the audit."))
        in_own_transaction(self.env, _note_asked)  # the row is written to all the time: by who reads what is committed
        self.env.ref("chatwootai_mcp.cron_audit_check").sudo()._trigger()

    @api.model
    def action_open(self):
        """The one record there is."""
        self._key()
        chain = self.sudo().search([], limit=1)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Audit's integrity"),
            "res_model": self._name,
            "res_id": chain.id,
            "views": [[False, "form"]],
        }


# -- what is done in transactions of its own


def _key_made(env) -> str:
    env.cr.execute("SELECT key FROM chatwootai_audit_chain")
    if row := env.cr.fetchone():
        return row[0]
    key = get_keyring().encrypt(PURPOSE, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    env.cr.execute(
        "INSERT INTO chatwootai_audit_chain (key, head_seq, purged_seq) VALUES (%s, 0, 0)"
        " ON CONFLICT ((TRUE)) DO UPDATE SET head_seq = chatwootai_audit_chain.head_seq RETURNING key",
        [key],
    )
    [key] = env.cr.fetchone()
    _adopt(env, _opened_or_told(key))
    return key


def _adopt(env, chain: Chain | None) -> None:
    """Take the rows that older versions of the addon wrote into the new chain as they are."""
    env.cr.execute(SQL("SELECT id, %s FROM chatwootai_audit WHERE mac IS NULL", columns(COLUMNS)))
    for row_id, *values in env.cr.fetchall() if chain else ():
        env.cr.execute("UPDATE chatwootai_audit SET mac = %s WHERE id = %s", [chain.mac(content_of(values)), row_id])


def _seal_in(env) -> int:
    env.cr.execute("SELECT key, head_seq, head_seal FROM chatwootai_audit_chain FOR UPDATE")
    row = env.cr.fetchone()
    chain = row and _opened_or_told(row[0])
    if not chain:
        return 0
    head = Head(row[1], row[2] or "")
    env.cr.execute("SELECT id, mac FROM chatwootai_audit WHERE seq IS NULL ORDER BY id LIMIT %s", [_AT_ONCE])
    places = []
    for row_id, mac in env.cr.fetchall():
        head = chain.seal(head, mac or "")
        places.append((row_id, head.seq, head.seal))
    if places:
        env.cr.execute(
            SQL(
                "UPDATE chatwootai_audit audit SET seq = place.seq, seal = place.seal"
                " FROM (VALUES %s) place (id, seq, seal) WHERE audit.id = place.id",
                SQL(", ").join(places),
            )
        )
        env.cr.execute(
            "UPDATE chatwootai_audit_chain SET head_seq = %s, head_seal = %s, head_mac = %s",
            [head.seq, head.seal, chain.head_mac(head, "head")],
        )
        env["chatwootai.audit"].invalidate_model(["seq", "seal"], flush=False)
    return len(places)


def _purge_some(env, until) -> int:
    env.cr.execute("SELECT key, head_seq, purged_seq FROM chatwootai_audit_chain FOR UPDATE")
    row = env.cr.fetchone()
    chain = row and _opened_or_told(row[0])
    if not chain:
        return 0
    _key, head_seq, purged_seq = row
    env.cr.execute("SELECT seq FROM chatwootai_audit WHERE seq IS NOT NULL AND at >= %s ORDER BY seq LIMIT 1", [until])
    kept = env.cr.fetchone()
    last = min(kept[0] - 1 if kept else head_seq, purged_seq + _AT_ONCE)
    env.cr.execute("SELECT seal FROM chatwootai_audit WHERE seq = %s", [last])
    found = env.cr.fetchone()
    if last <= purged_seq or not found:  # a row that was removed shows in the check, and is not covered up here
        return 0
    purged = Head(last, found[0])
    env.cr.execute(
        "UPDATE chatwootai_audit_chain SET purged_seq = %s, purged_seal = %s, purged_mac = %s",
        [purged.seq, purged.seal, chain.head_mac(purged, "purged")],
    )
    env.cr.execute("SET LOCAL chatwootai.audit_retention = 'on'")
    env.cr.execute("DELETE FROM chatwootai_audit WHERE seq <= %s", [last])
    count = env.cr.rowcount
    env.cr.execute("SET LOCAL chatwootai.audit_retention = 'off'")
    env["chatwootai.audit"].invalidate_model(flush=False)
    return count


def _heads(env, *which: str) -> list[Head]:
    env.cr.execute("SELECT head_seq, head_seal, purged_seq, purged_seal FROM chatwootai_audit_chain")
    row = env.cr.fetchone() or (0, "", 0, "")
    known = {"head": Head(row[0], row[1] or ""), "purged": Head(row[2], row[3] or "")}
    return [known[name] for name in which]


def _note_asked(env) -> None:
    env["chatwootai.audit.chain"].search([], limit=1).check_asked_at = fields.Datetime.now()


def _note_check(env, said: str) -> None:
    env["chatwootai.audit.chain"].search([], limit=1).write(
        {
            "checked_at": fields.Datetime.now(),
            "check_state": "broken" if said else "whole",
            "check_result": said or False,
        }
    )


# -- reading it through


def _findings(chains, noted):
    cr = chains.env.cr
    cr.execute("SELECT key, head_mac, purged_mac FROM chatwootai_audit_chain")
    begun = cr.fetchone()
    if begun is None and not noted and not _any_row(cr):
        return  # nothing was ever audited here
    if begun is None:
        yield Finding(0, "its key is gone")
        return
    key, head_mac, purged_mac = begun
    chain = _opened_or_told(key)
    if chain is None:
        yield Finding(0, "its key can't be read with the server's secret_key")
        return
    head, purged = _heads(chains.env, "head", "purged")
    for found, of, mac in ((head, "head", head_mac), (purged, "purged", purged_mac)):
        if found.seq and not chain.is_head(found, of, mac or ""):
            yield Finding(found.seq, f"changed: the chain's {of} is not what was written")
    yield from chain.check(purged, _links(cr, purged.seq), [head, *noted])
    cr.execute(
        "SELECT count(*) FROM chatwootai_audit WHERE seq IS NULL AND at < %s", [fields.Datetime.now() - _UNSEALED_AFTER]
    )
    if unsealed := cr.fetchone()[0]:
        yield Finding(0, f"{unsealed} rows are not sealed")
    cr.execute("SELECT count(*) FROM chatwootai_audit WHERE seq <= %s", [purged.seq])
    if left := cr.fetchone()[0]:
        yield Finding(0, f"{left} rows are older than what retention has taken away")


def _any_row(cr) -> bool:
    cr.execute("SELECT EXISTS (SELECT FROM chatwootai_audit)")
    return bool(cr.fetchone()[0])


def _links(cr, last: int):
    while True:
        cr.execute(
            SQL(
                "SELECT seq, mac, seal, %s FROM chatwootai_audit WHERE seq > %s ORDER BY seq LIMIT %s",
                columns(COLUMNS),
                last,
                _AT_ONCE,
            )
        )
        rows = cr.fetchall()
        for seq, mac, seal, *values in rows:
            yield Link(seq, content_of(values), mac or "", seal or "")
        if not rows:
            return
        last = rows[-1][0]


def _opened_or_told(ciphertext: str) -> Chain | None:
    try:
        return _opened(ciphertext)
    except (Undecipherable, WeakSecret, ValueError):
        _tell_unreadable(ciphertext)
        return None


@functools.lru_cache(maxsize=1024)
def _opened(ciphertext: str) -> Chain:
    """What fails is not remembered: the secret may be put back, and then the key is read again."""
    return Chain(base64.urlsafe_b64decode(get_keyring().decrypt(PURPOSE, ciphertext)))


@functools.lru_cache(maxsize=1024)
def _tell_unreadable(_ciphertext: str) -> None:
    """Once for each key, not for each row."""
    _logger.error("the audit's key can't be read with the server's secret_key: rows are written without fingerprint")
