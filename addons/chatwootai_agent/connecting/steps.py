"""The steps of connecting and disconnecting, each safe to repeat: what stands already is found, not made twice.

A step is a method that returns the sentence a person reads of it; `Notice` where something should be looked at, and
`Refused` or any `ChatwootError` where it failed and the rest must wait. What Chatwoot tells only once (a bot's token,
the secrets) is stored in a transaction of its own before the next step begins.
"""

from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError, NotFound, Rejected, Unauthorized
from odoo.addons.chatwootai_mcp.models.chatwoot_words import in_words
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction
from odoo.addons.chatwootai_mcp.models.secret_field import read_secret
from odoo.addons.chatwootai_mcp.tenancy.tokens import new_token_id

from .reach import is_private, send_test_event

SUBSCRIPTIONS = (
    "message_created",
    "message_updated",
    "conversation_created",
    "conversation_updated",
    "conversation_status_changed",
)
WAITING, RUNNING, DONE, NOTICE, FAILED = "waiting", "running", "done", "notice", "failed"


class Refused(Exception):
    """It cannot go on; the sentence says why, and what to do."""


class Notice(str):
    """Done, with something that should be looked at."""

    __slots__ = ()


class Steps:
    """One run over a connection's steps; each change is committed as it happens, so that people see it."""

    NAMES: tuple[str, ...] = ()

    def __init__(self, env, connection_id, inbox_numbers=()):
        self.env = env  # of the job, in the language of whoever pressed the button
        self._connection_id = connection_id
        self._inbox_numbers = list(inbox_numbers)
        self.chatwoot = None

    def run(self):
        """Whether every step was done."""
        with self._in_own(
            lambda connection: connection._administration(connection._administrators_token())
        ) as chatwoot:
            self.chatwoot = chatwoot
            return all(self._do(name) for name in self.NAMES)

    def _do(self, name):
        self._note(name, RUNNING)
        try:
            said = getattr(self, f"_{name}")()
        except Refused as refusal:
            self._note(name, FAILED, str(refusal))
            return False
        except ChatwootError as error:
            self._note(name, FAILED, in_words(self.env, error))
            return False
        self._note(name, NOTICE if isinstance(said, Notice) else DONE, said)
        return True

    def _note(self, name, state, said=False):
        def note(connection):
            step = connection.connect_step_ids.filtered(lambda step: step.name == name)
            step.write({"state": state, "result": said})

        self._in_own(note)

    def _in_own(self, work, *arguments):
        def own(env):
            return work(env["chatwootai.chatwoot.connection"].browse(self._connection_id), *arguments)

        return in_own_transaction(self.env, own)

    def _read(self, *names):
        """Values of the connection now, secrets in clear."""

        def values(connection):
            secrets = {"bot_token", "user_token"}
            return [read_secret(connection, name) if name in secrets else connection[name] for name in names]

        return self._in_own(values)

    def _token(self):
        """Whose the token is, and whether it may do what follows."""
        [account] = self._read("chatwoot_account")
        return check_administrator(self.env, self.chatwoot, account)


class Connecting(Steps):
    NAMES = ("token", "inboxes", "address", "bot", "webhook", "bot_of_inboxes", "event")

    def _inboxes(self):
        inboxes, teams, agents = self.chatwoot.inboxes(), self.chatwoot.teams(), self.chatwoot.agents()
        self._in_own(lambda connection: connection._take_account(inboxes, teams, agents))
        names = {inbox.id: inbox.name for inbox in inboxes}
        if gone := [number for number in self._inbox_numbers if number not in names]:
            raise Refused(self.env._("Chatwoot has no inbox %s any more: choose again.", gone[0]))
        return ", ".join(names.values()) or Notice(self.env._("The account has no inbox yet."))

    def _address(self):
        """Chatwoot refuses private addresses since 4.14, and says so in its own log only."""
        [url] = self._read("webhook_url")
        if not url:
            raise Refused(
                self.env._("This server has no secret_key, so there is no webhook address: ask its operator.")
            )
        private = is_private(url)
        host = url.split("/chatwootai/")[0]
        if private is None:
            return Notice(self.env._("%s leads nowhere from here: check that Chatwoot can reach it.", host))
        if private:
            return Notice(
                self.env._(
                    "%s is in a private network. Chatwoot calls such an address from 4.14 on only with"
                    " SAFE_FETCH_ALLOW_PRIVATE_NETWORK=true in its own environment.",
                    host,
                )
            )
        return host

    def _bot(self):
        """A bot of ours whose token is not known (a try was interrupted) is of no use to anybody: it is made anew."""
        url, number, token, name = self._read("webhook_url", "bot_number", "bot_token", "name")
        # After a rotation of secret_key the address is signed anew: the bot with the old one is replaced.
        ours = [bot for bot in self.chatwoot.bots() if bot.url == url or bot.id == number]
        for bot in ours:
            if token and bot.id == number and bot.url == url:
                return self.env._("%s is there already.", bot.name)
            self.chatwoot.delete_bot(bot.id)
        # Customers see its name in the web widget.
        bot = self.chatwoot.create_bot(name, url, self.env._("Answers customers from Odoo."))
        if not bot.access_token:
            self.chatwoot.delete_bot(bot.id)
            raise Refused(
                self.env._("Chatwoot made the bot and did not tell its access token: it is too old to be connected.")
            )
        self._in_own(lambda connection: connection._remember_bot(bot))
        return self.env._("%s was made.", bot.name)

    def _webhook(self):
        url, number = self._read("webhook_url", "webhook_number")
        there = [webhook for webhook in self.chatwoot.webhooks() if webhook.url == url or webhook.id == number]
        for webhook in there:
            if webhook.id == number and webhook.url == url:
                return self.env._("It is there already.")
            self.chatwoot.delete_webhook(webhook.id)
        try:
            webhook = self.chatwoot.create_webhook(self.env._("Odoo"), url, SUBSCRIPTIONS)
        except Rejected as error:
            raise Refused(
                self.env._(
                    "Chatwoot takes no webhook with this address (%s). One with the same address may stand in the"
                    " account's settings, Integrations, Webhooks: delete it there, then connect again.",
                    error,
                )
            ) from None
        signs = self._in_own(lambda connection: connection._remember_webhook(webhook))
        if not signs:
            return Notice(self.env._("It was made. This Chatwoot does not sign what it sends: update it when you can."))
        return self.env._("It was made, and what it sends is signed.")

    def _bot_of_inboxes(self):
        [bot] = self._read("bot_number")
        names, replaced = dict(self._in_own(_inbox_names)), []
        for number in self._inbox_numbers:
            before = self.chatwoot.bot_of_inbox(number)
            if before and before.id != bot:
                replaced.append(self.env._("%(bot)s in %(inbox)s", bot=before.name, inbox=names.get(number, number)))
            self.chatwoot.set_bot_of_inbox(number, bot)
        chosen = ", ".join(names.get(number, str(number)) for number in self._inbox_numbers)
        if not chosen:
            return Notice(self.env._("None was chosen: connect again, or set the bot in the inbox's settings."))
        if replaced:
            return Notice(self.env._("%(chosen)s. It replaced %(bots)s.", chosen=chosen, bots=", ".join(replaced)))
        return chosen

    def _event(self):
        url, account = self._read("webhook_url", "chatwoot_account")
        secret = self._in_own(lambda connection: connection._signing_secret())
        status = send_test_event(url, account, secret)
        if status is None:
            return Notice(
                self.env._(
                    "Odoo does not reach itself by %s. If Chatwoot does, all is well; if not, correct public_url.",
                    url.split("/chatwootai/")[0],
                )
            )
        if status != 200:
            raise Refused(
                self.env._(
                    "The webhook address answers a signed event with %s: public_url leads to another server.", status
                )
            )
        return self.env._("Odoo took a signed event by the address Chatwoot was given.")


class Disconnecting(Steps):
    NAMES = ("token", "bot_of_inboxes", "webhook", "bot", "forget")

    def _bot_of_inboxes(self):
        ours = {bot.id for bot in self._own_bots()}
        freed = []
        for inbox in self.chatwoot.inboxes():
            bot = self.chatwoot.bot_of_inbox(inbox.id)
            if bot and bot.id in ours:
                self.chatwoot.set_bot_of_inbox(inbox.id, None)
                freed.append(inbox.name)
        return ", ".join(freed) or self.env._("No inbox had it.")

    def _webhook(self):
        [url] = self._read("webhook_url")
        ours = [webhook for webhook in self.chatwoot.webhooks() if webhook.url == url]
        for webhook in ours:
            self.chatwoot.delete_webhook(webhook.id)
        return self.env._("It was deleted.") if ours else self.env._("There was none.")

    def _bot(self):
        ours = self._own_bots()
        for bot in ours:
            self.chatwoot.delete_bot(bot.id)
        return self.env._("It was deleted.") if ours else self.env._("There was none.")

    def _own_bots(self):
        url, number = self._read("webhook_url", "bot_number")
        return [bot for bot in self.chatwoot.bots() if bot.url == url or bot.id == number]

    def _forget(self):
        self._in_own(lambda connection: connection._forget_account())
        return self.env._("Bot token and webhook secrets are deleted, and the webhook address is refused from now on.")


def check_administrator(env, chatwoot, account):
    """The name of the token's user.

    :raises Refused, ChatwootError: when the token is not good for connecting
    """
    try:
        profile = chatwoot.profile()
    except Unauthorized:
        raise Refused(
            env._("Chatwoot does not accept this access token: copy it again from the profile settings.")
        ) from None
    except NotFound:
        raise Refused(env._("There is no Chatwoot at this address: it answers, but not as Chatwoot does.")) from None
    if account not in profile.accounts:
        raise Refused(
            env._(
                "The access token is %(user)s's, who does not belong to account %(account)s.",
                user=profile.name,
                account=account,
            )
        )
    try:
        chatwoot.webhooks()
    except Unauthorized:
        raise Refused(
            env._("%s is not an administrator of the account: bots and webhooks are an administrator's.", profile.name)
        ) from None
    return profile.name


def _inbox_names(connection):
    return [(inbox.inbox_id, inbox.name) for inbox in connection.inbox_ids]


def new_address():
    return {"webhook_token_id": new_token_id()}
