"""People's way in: whoever has not entered an account reads the same page, whatever account they name, and is refused
in the same words and time, whether the account, the login or the password is wrong.

Odoo would open the database an address names (``?db=``) and show its own login page. Here that page is for sessions
that have entered the account before; before that no database is opened but to look at a password.
"""

from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from passlib.context import CryptContext

from odoo import http
from odoo.exceptions import AccessDenied
from odoo.http import request

from odoo.addons.base.models.res_users import MIN_ROUNDS
from odoo.addons.web.controllers.home import Home
from odoo.addons.web.controllers.session import Session

from ..database_choice import entering, may_be_named

_PAGE = Template((Path(__file__).parent / "login_page.html").read_text())
_WORDS = {
    "en": {
        "title": "Log in",
        "account_label": "Account",
        "login_label": "Email or login",
        "password_label": "Password",
        "wrong": "Wrong account, login or password.",
    },
    "pt": {
        "title": "Entrar",
        "account_label": "Conta",
        "login_label": "E-mail ou usuário",
        "password_label": "Senha",
        "wrong": "Conta, usuário ou senha incorretos.",
    },
}
_SECOND_FACTOR = "/web/login/totp"


class Entrance(Home):
    @http.route()
    def web_client(self, *args, **kw):
        return _page() if _is_outside() else super().web_client(*args, **kw)

    @http.route()
    def web_login(self, *args, **kw):
        return _page() if _is_outside() else super().web_login(*args, **kw)


class TenantSession(Session):
    @http.route()
    def authenticate(self, db, login, password, base_location=None):
        if not may_be_named(db):
            _passwords().dummy_verify()
            raise AccessDenied()
        try:
            with entering():
                return super().authenticate(db, login, password, base_location)
        except AccessDenied as denied:
            if denied.args != AccessDenied().args:
                # Too many tries: Odoo says so, and has not looked at the password. Of an account that is none it can't.
                _passwords().dummy_verify()
            raise AccessDenied() from None

    # No token against forgeries: there is no database to make one with. Browsers tell where a form came from.
    @http.route("/web/enter", type="http", auth="none", methods=["POST"], csrf=False)
    def enter(self, db="", login="", password="", redirect="", **_rest):
        if not _is_from_here():
            return _page()
        try:
            entered = self.authenticate(db.strip(), login, password)
        except AccessDenied:
            return _page(wrong=True)
        if entered.get("uid") is None:  # the password was right, and a second factor is asked for
            request.session.db = db.strip()
            return request.redirect(_SECOND_FACTOR, 303)
        return request.redirect(_on_this_server(redirect), 303)


def _is_outside() -> bool:
    """Whether the session has entered no account, or the address names another than it has."""
    named = (request.params.get("db") or "").strip()
    return not request.db or named not in ("", request.db)


def _page(wrong: bool = False) -> http.Response:
    asked = request.params
    is_login = request.httprequest.path in ("/web/login", "/web/enter")
    words = _WORDS["pt" if (request.httprequest.accept_languages.best or "").lower().startswith("pt") else "en"]
    filled = {
        **words,
        "account": (asked.get("db") or "").strip(),
        "login": asked.get("login") or "",
        "redirect": _on_this_server(asked.get("redirect") if is_login else request.httprequest.full_path),
        "wrong": words["wrong"] if wrong else "",
    }
    return request.make_response(
        _PAGE.substitute({name: escape(value) for name, value in filled.items()}),
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("Content-Security-Policy", "frame-ancestors 'self'"),
            ("Vary", "Accept-Language"),
        ],
    )


def _on_this_server(address: str | None) -> str:
    address = (address or "").rstrip("?")
    is_local = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_local and len(address) > 1 else "/odoo"


def _is_from_here() -> bool:
    origin = request.httprequest.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.httprequest.host


@lru_cache(maxsize=1)
def _passwords() -> CryptContext:
    """As Odoo's own, for what checking a password costs."""
    return CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=MIN_ROUNDS)
