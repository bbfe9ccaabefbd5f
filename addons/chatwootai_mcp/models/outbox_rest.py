"""Gives a connection rest whose Chatwoot did not answer: its other conversations wait without trying.

Every run that tries would occupy a job's place for seconds, and with them the messages of other tenants. When the rest
is over one run tries for all; when it is answered, what waited is delivered at once.
"""

from odoo.tools import SQL

from ..chatwoot import outbox as rules
from ..chatwoot.errors import Unavailable

_TRIAL_SECONDS = 20  # while one run tries, no other does


def seconds_of_rest(env, connection_id):
    """How long nothing may be tried; 0 for whoever may: all of them, or the one that tries first after a rest."""
    # One statement: of several that come at the same moment one gets the trial.
    [(may_try, seconds)] = env.execute_query(
        SQL(
            """
            WITH trial AS (
                UPDATE chatwootai_chatwoot_connection
                SET resting_until = now() AT TIME ZONE 'UTC' + %s * interval '1 second'
                WHERE id = %s AND resting_until <= now() AT TIME ZONE 'UTC'
                RETURNING id
            )
            SELECT EXISTS (SELECT FROM trial),
                   ceil(extract(epoch FROM resting_until - now() AT TIME ZONE 'UTC'))::int
            FROM chatwootai_chatwoot_connection WHERE id = %s
            """,
            _TRIAL_SECONDS,
            connection_id,
            connection_id,
        )
    ) or [(True, None)]
    return 0 if may_try or seconds is None else max(1, seconds)


def note_out_of_reach(env, connection_id, error):
    """Let the connection rest, longer each time, if nobody else would be answered either; a refusal is an answer."""
    if not (isinstance(error, Unavailable) and error.out_of_reach):
        note_answered(env, connection_id)
        return
    connection = env["chatwootai.chatwoot.connection"].browse(connection_id)
    seconds = rules.rest(connection.failed_in_a_row + 1, error)
    # Not through the ORM: nothing that is cached of a connection depends on it.
    env.execute_query(
        SQL(
            """
            UPDATE chatwootai_chatwoot_connection
            SET failed_in_a_row = failed_in_a_row + 1,
                resting_until = now() AT TIME ZONE 'UTC' + NULLIF(%s, 0) * interval '1 second'
            WHERE id = %s RETURNING id
            """,
            seconds,
            connection_id,
        )
    )
    connection.invalidate_recordset(["failed_in_a_row", "resting_until"])


def note_answered(env, connection_id):
    """Chatwoot answers again: the rest is over, and what waited need not wait for its own pause."""
    known = env.execute_query(
        SQL(
            """
            UPDATE chatwootai_chatwoot_connection AS connection SET failed_in_a_row = 0, resting_until = NULL
            FROM (
                SELECT id, resting_until FROM chatwootai_chatwoot_connection
                WHERE id = %s AND failed_in_a_row > 0 FOR NO KEY UPDATE
            ) AS before
            WHERE connection.id = before.id RETURNING before.resting_until IS NOT NULL
            """,
            connection_id,
        )
    )
    if known == [(True,)]:
        connection = env["chatwootai.chatwoot.connection"].browse(connection_id)
        connection.invalidate_recordset(["failed_in_a_row", "resting_until"])
        env["chatwootai.outbox"].resume(connection)
