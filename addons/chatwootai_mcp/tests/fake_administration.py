"""The part of the fake Chatwoot that belongs to administrators: agent bots, webhooks, and the inboxes' bots."""

import re

_INBOX_BOT = re.compile(r"/inboxes/(\d+)/(agent_bot|set_agent_bot)\Z")
_ONE = re.compile(r"/(agent_bots|webhooks)/(\d+)\Z")


class Administration:
    """``refuse`` maps "POST /agent_bots" to a status and body, once; ``is_administrator`` is the user token's rank."""

    def __init__(self):
        self.bots, self.webhooks, self.inbox_bots = {}, {}, {}
        self.is_administrator = True
        self.signs = True
        self.refuse = {}
        self._last = 100

    def answer(self, method, path, body):
        """(status, answer), or None where the path is not an administrator's."""
        if fault := self.refuse.pop(f"{method} {path}", None):
            return fault
        if match := _INBOX_BOT.match(path):
            return self._inbox_bot(int(match[1]), body)
        if path not in ("/agent_bots", "/webhooks") and not _ONE.match(path):
            return None
        if not self.is_administrator and (method != "GET" or path == "/webhooks"):
            return 401, {"error": "You are not authorized to do this action"}
        if match := _ONE.match(path):
            kept = self.bots if match[1] == "agent_bots" else self.webhooks
            return (200, {}) if kept.pop(int(match[2]), None) else (404, {"error": "Resource could not be found"})
        if path == "/agent_bots":
            return 200, self._made(self.bots, body) if body else [self._shown(bot) for bot in self.bots.values()]
        if not body:
            return 200, {"payload": {"webhooks": list(self.webhooks.values())}}
        if any(webhook["url"] == body["url"] for webhook in self.webhooks.values()):
            return 422, {"message": "Url has already been taken", "attributes": ["url"]}
        return 200, {"payload": {"webhook": self._made(self.webhooks, body)}}

    def _made(self, kept, body):
        self._last += 1
        secret = {"secret": f"secret-{self._last}"} if self.signs else {}
        token = {"access_token": f"token-{self._last}"} if kept is self.bots else {}
        kept[self._last] = {"id": self._last, **body, **secret, **token}
        return kept[self._last]

    def _shown(self, bot):
        return {name: value for name, value in bot.items() if name not in ("secret", "access_token")}

    def _inbox_bot(self, inbox, body):
        if body is None:
            bot = self.bots.get(self.inbox_bots.get(inbox))
            return 200, {"agent_bot": self._shown(bot) if bot else {}}
        if not self.is_administrator:
            return 401, {"error": "You are not authorized to do this action"}
        self.inbox_bots[inbox] = body["agent_bot"]
        return 200, {}
