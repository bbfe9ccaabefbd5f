"""Crons that are due whenever the server starts: what was left, or came while it was down, is looked for at once."""

import logging
from collections.abc import Mapping
from typing import Any

import psycopg2

from odoo import sql_db
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import ODOO_NOTIFY_FUNCTION

_logger = logging.getLogger(__name__)
_crons = ["chatwootai_mcp.cron_outbox_resume"]

_BRING_FORWARD = """
    UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC'
    WHERE id IN (
        SELECT ir_cron.id FROM ir_cron JOIN ir_model_data ON res_id = ir_cron.id AND ir_model_data.model = 'ir.cron'
        WHERE module || '.' || ir_model_data.name = ANY(%s) FOR NO KEY UPDATE OF ir_cron SKIP LOCKED
    )
"""


def run_at_start(xml_id: str) -> None:
    """Have a cron run at each start of the server, in every tenant."""
    _crons.append(xml_id)


def bring_forward(connections: Mapping[str, Any]) -> None:
    """Have them run now, in these databases.

    :param connections: of psycopg2, by database; they commit each statement by itself
    """
    for name, connection in connections.items():
        try:
            with connection.cursor() as cr:
                cr.execute(_BRING_FORWARD, (_crons,))
        except psycopg2.Error as error:
            _logger.warning("%s: the crons of the start wait for their time: %s", name, error)
    with sql_db.db_connect("postgres").cursor() as cr:
        for name in connections:
            cr.execute(SQL("SELECT %s('cron_trigger', %s)", SQL.identifier(ODOO_NOTIFY_FUNCTION), name))
        cr.commit()
