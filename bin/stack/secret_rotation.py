"""bin/tenant rotate-key: a new secret_key in front of the list, everything stored encrypted with it, nothing ended.

The new secret is noted before anything uses it, and the note goes when all is done: a rotation that was interrupted is
taken up where it stopped, not begun again with one more secret. The old secrets stay in the list, and go on verifying
keys and addresses they signed, until ``--forget-old``.
"""

import os
import secrets
from pathlib import Path
from typing import Any

from . import control_client, locking, odoo_env, paths, postgres, serve
from .console import Failure, say, step
from .instance import Instance, read_environment
from .operator_database import OperatorDatabase

KEY = "CHATWOOTAI_SECRET_KEY"
_CONFIG_TOKEN = "chatwootai_mcp.config_token_id"
_UNLISTED = (
    "tokens for metrics (whoever runs Prometheus: bin/tenant metrics-token), and the address that all tenants of one"
    " Chatwoot share (whoever runs that Chatwoot: bin/tenant create prints it)"
)


def rotate(instance: Instance) -> list[dict[str, str]]:
    """Put a new secret in front and encrypt with it; what is still signed by the others."""
    with _alone(instance):
        _check_server_can_be_told(instance)
        known = _known()
        note = _note(instance)
        if _is_ours(instance):
            new = note.read_text() if note.is_file() else secrets.token_urlsafe(32)
            paths.write_atomically(note, new)
            _use(instance, [new, *(secret for secret in known if secret != new)])
        elif len(known) < 2:
            raise Failure(
                f"{KEY} comes from your environment or odoo.conf, which this command does not write",
                "put a new secret in front of it there (openssl rand -hex 32), a comma between them, restart all Odoo"
                " processes, then the same command again",
            )
        left = _renew_all(instance)
        note.unlink(missing_ok=True)
        return left


def forget_old(instance: Instance, force: bool) -> None:
    """Leave only the first secret in the list; what others signed is refused from then on."""
    with _alone(instance):
        _check_server_can_be_told(instance)
        if _note(instance).is_file():
            raise Failure("a rotation was interrupted", "bin/tenant rotate-key (finishes it)")
        say(f"not listed anywhere, and ending if an older secret signed them: {_UNLISTED}")
        left = _renew_all(instance)
        if left and not force:
            raise Failure(
                f"{len(left)} keys and webhook addresses would be refused: {_listed(left)}",
                "issue the keys anew and put the addresses into Chatwoot again, or --force",
            )
        if not _is_ours(instance):
            say(f"nothing listed depends on the older secrets: take them out of {KEY} where it is set, and restart")
            return
        _use(instance, _known()[:1])
        say("the older secrets are forgotten; what they signed is refused from now on")
        say(f"  mint anew what was made before the last rotation: {_UNLISTED}")


def _check_server_can_be_told(instance: Instance) -> None:
    if _is_ours(instance) and serve.is_running(instance) and control_client.ask(instance, "ping") is None:
        raise Failure(
            "the server that runs here can't be told of another secret: it has several workers, or is just starting",
            "stop it, the same command again, and start it",
        )


def _renew_all(instance: Instance) -> list[dict[str, str]]:
    left: list[dict[str, str]] = []
    operator = OperatorDatabase(instance)
    for account_id in operator.active():
        with step(f"Secrets of {account_id}"), operator.working_on(account_id):
            left += _renew(account_id)
    return left


def _renew(account_id: str) -> list[dict[str, str]]:
    """In one transaction of the tenant's database."""
    with odoo_env.odoo_environment(account_id) as env:
        from odoo.addons.chatwootai_mcp.models.secret_rotation import renew_secrets, signed_by_others

        counts = renew_secrets(env)
        _sign_configuration_token(env, account_id)
        say(f"  {counts['renewed']} encrypted anew, {counts['unreadable']} unreadable")
        left = [{"account": account_id, **each} for each in signed_by_others(env)]
    odoo_env.forget(account_id)
    return left


def _sign_configuration_token(env: Any, account_id: str) -> None:
    """By which company_services posts the configuration: ours on both sides, but where it was entered by hand."""
    from odoo.addons.chatwootai_mcp.settings import get_keyring
    from odoo.addons.chatwootai_mcp.tenancy.tokens import config_audience, mint_webhook_token

    webhook, token_id = env["company.services.webhook"], env["ir.config_parameter"].get_param(_CONFIG_TOKEN)
    token = mint_webhook_token(get_keyring(), config_audience(account_id), token_id) if token_id else webhook._token()
    if token:
        webhook._keep_token(token)


def _use(instance: Instance, secret_keys: list[str]) -> None:
    """Write the list where the next process reads it, and tell those that run: first whoever verifies, then we sign."""
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp.settings import get_keyring, get_settings

    value = ",".join(secret_keys)
    instance.set_secrets(value)
    control_client.ask(instance, "use_secrets", secret_key=value)
    os.environ[KEY] = value
    get_settings.cache_clear()
    get_keyring.cache_clear()


def _known() -> list[str]:
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp.settings import get_settings

    return list(get_settings().secret_key)


def _is_ours(instance: Instance) -> bool:
    """Whether the list is the one bin/setup generated, and neither the environment's nor odoo.conf's."""
    generated = read_environment(instance.environment_file).get(KEY)
    return not postgres.is_external() and generated is not None and os.environ.get(KEY) == generated


def _note(instance: Instance) -> Path:
    return instance.environment_file.with_name("rotating-to")


def _alone(instance: Instance) -> Any:
    return locking.alone(f"rotate-{instance.name}", Failure("another rotation is running", "wait for it"))


def _listed(left: list[dict[str, str]]) -> str:
    return ", ".join(f"{each['kind']} {each['id']} of {each['account']}" for each in left)
