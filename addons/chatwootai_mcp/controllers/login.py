"""Odoo's login by JSON, which names a database: one that is none is refused like a wrong password, in as much time."""

from functools import lru_cache

from passlib.context import CryptContext

from odoo import http
from odoo.exceptions import AccessDenied

from odoo.addons.base.models.res_users import MIN_ROUNDS
from odoo.addons.web.controllers.session import Session


class TenantSession(Session):
    @http.route()
    def authenticate(self, db, login, password, base_location=None):
        if not http.db_filter([db]):
            _passwords().dummy_verify()
            raise AccessDenied()
        return super().authenticate(db, login, password, base_location)


@lru_cache(maxsize=1)
def _passwords() -> CryptContext:
    """As Odoo's own, for what checking a password costs."""
    return CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=MIN_ROUNDS)
