"""`Secret`: a Char whose column holds ciphertext and which never gives its value back through the ORM.

    token = Secret("Access token", groups="…")
    …
    read_secret(connection, "token")     # server side only

Reading gives `MASK` where something is stored and False otherwise, to everybody and superuser alike, so that no view,
export, `search_read`, tracking value or MCP tool can show it. Writing `MASK` back (what a form does with a field
nobody touched) leaves what is stored as it is. A related field without a column (a settings page) passes on what was
typed.
"""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..settings import get_keyring
from ..tenancy.keyring import Undecipherable

MASK = "********"
PURPOSE = "secret"


class _Ciphertext(str):
    """What is in the column. A type of its own, so that nothing is encrypted twice and no client can send one."""

    __slots__ = ()


class Secret(fields.Char):
    copy = False
    falsy_value = None  # the column is NULL or ciphertext: an empty string is never compared with it

    _description_searchable = False

    def _description_sortable(self, env):
        return False

    def _description_groupable(self, env):
        return False

    def convert_to_cache(self, value, record, validate=True):
        value = value if isinstance(value, _Ciphertext) else super().convert_to_cache(value, record, validate)
        if not value:
            return None
        if not self.store or isinstance(value, _Ciphertext) or value == MASK:
            return value
        return _Ciphertext(get_keyring().encrypt(PURPOSE, value))

    def convert_to_column(self, value, record, values=None, validate=True):
        ciphertext = self.convert_to_cache(value, record, validate)
        # A new row has nothing that the mask could stand for.
        return None if ciphertext == MASK else ciphertext and str(ciphertext)

    def convert_to_record(self, value, record):
        value = super().convert_to_record(value, record)
        return MASK if value and self.store else value

    def convert_to_export(self, value, record):
        return MASK if value else ""

    def write(self, records, value):
        if value == MASK and self.store and any(records._ids):
            return
        super().write(records, value)

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        is_set_test = operator in ("in", "not in") and set(value) <= {False, None, ""}
        if self.store and not is_set_test:
            raise UserError(model.env._("The field %s holds a secret: it cannot be searched.", self.string))
        return super().condition_to_sql(field_expr, operator, value, model, alias, query)


def read_secret(record: models.BaseModel, name: str) -> str | None:
    """The secret in clear. For the server's own use: never return it to a client, log it or keep it in a record."""
    record.ensure_one()
    if not isinstance(record._fields[name], Secret):
        raise TypeError(f"{record._name}.{name} is not a secret field")
    record.flush_recordset([name])
    row = record.env.execute_query(
        SQL("SELECT %s FROM %s WHERE id = %s", SQL.identifier(name), SQL.identifier(record._table), record.id)
    )
    if not row or not row[0][0]:
        return None
    try:
        return get_keyring().decrypt(PURPOSE, row[0][0])
    except Undecipherable as error:
        raise UserError(
            record.env._(
                "%(field)s of %(record)s was encrypted with a key this server no longer has: enter it again.",
                field=record._fields[name].string,
                record=record.display_name,
            )
        ) from error
