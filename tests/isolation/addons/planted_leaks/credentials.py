"""Leaks by which a credential opens a door that is another's."""

from odoo import http

from odoo.addons.chatwootai_mcp import gateway
from odoo.addons.chatwootai_mcp.controllers import configuration
from odoo.addons.chatwootai_mcp.models.mcp_key import ChatwootaiMcpKey
from odoo.addons.chatwootai_mcp.models.webhook_door import ChatwootConnection, WebhookDoor
from odoo.addons.chatwootai_mcp.tenancy.principal import SERVERS, Principal

from .switch import look_alike, plant

KEY = "a key opens the path's account"
WEBHOOK = "a webhook takes any account's token"
CONFIG = "the configuration takes any account's token"
SESSION = "a session of Odoo is good for every database"


@plant(KEY, gateway, "_mcp_claims")
def mcp_claims(original, environ, account):
    claims = original(environ, None)
    return claims and gateway.Claims(account or claims.account_id, claims.credential_id)


@plant(KEY, ChatwootaiMcpKey, "_principal")
def principal(original, self, key_id):
    user = self.env.ref("chatwootai_mcp.user_agent")
    return original(self, key_id) or Principal(self.env.cr.dbname, user.id, "key:any", frozenset(SERVERS), False)


def _of_anybody(original, account, audience, token):
    found = original(account, audience, token) or original(look_alike(account), audience, token)
    return found and gateway.Claims(account, found.credential_id)


plant(WEBHOOK, gateway, "_token_claims")(_of_anybody)
plant(CONFIG, gateway, "_token_claims")(_of_anybody)


@plant(WEBHOOK, ChatwootConnection, "_webhook_doors")
def webhook_doors(original, self, token_id):
    return tuple(WebhookDoor(door.connection_id, door.chatwoot_account, ()) for door in original(self, None))


@plant(CONFIG, configuration, "_in_force")
def in_force(original, token_id):
    return True


@plant("the metrics take any key", gateway, "_authenticate")
def authenticate(original, environ):
    if environ.get("PATH_INFO") == "/chatwootai/metrics":
        return gateway._mcp_claims(environ, None)
    return original(environ)


@plant(SESSION, http.Request, "_get_session_and_dbname")
def session_and_dbname(original, self):
    wanted = self.httprequest.args.get("db")
    session, dbname = original(self)
    if wanted and session.uid:
        session.can_save = False
        session.db = dbname = wanted
    return session, dbname


@plant(SESSION, http.security, "check_session")
def check_session(original, session, env, request=None):
    return True
