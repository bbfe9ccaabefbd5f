"""Creating and dropping tenants: a database and what belongs to it in every store.

While a tenant is made or unmade its database belongs to the operator's role: Odoo lists the databases its own role
owns, so a serving process runs neither its jobs nor its crons. It is handed to Odoo's role when it is whole.
"""

import os
import secrets
import shutil
import time
from dataclasses import dataclass, field
from typing import Any

from . import control_client, demo_data, odoo_env, postgres, serve, template
from .console import Failure, say, step
from .instance import Instance
from .operator_database import OperatorDatabase

VECTORS_SECONDS = 30  # how long to wait for whoever holds the embedded vectors to answer or to leave


@dataclass(frozen=True)
class Chatwoot:
    base_url: str
    account: int
    token: str
    bot_token: str | None = None
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    base_url: str | None = None
    name: str | None = None
    api_key: str | None = None


@dataclass(frozen=True)
class NewTenant:
    account_id: str
    company: str | None = None
    demo: str | None = None
    chatwoot: Chatwoot | None = None
    model: Model = field(default_factory=Model)


def work_as(instance: Instance) -> None:
    """Make this process one of the instance's: Odoo and our settings read its environment."""
    os.environ.update(instance.environment())
    os.environ["CHATWOOTAI_PUBLIC_URL"] = serve.public_url(instance)


def create(instance: Instance, wanted: NewTenant) -> dict[str, str | None]:
    """Make a tenant, whole or not at all; returns its addresses."""
    account_id = _valid_account_id(wanted.account_id)
    operator = OperatorDatabase(instance)
    chatwoot = (_normal_url(wanted.chatwoot.base_url), wanted.chatwoot.account) if wanted.chatwoot else None
    with operator.working_on(account_id):
        if operator.state(account_id) == "creating":
            say(f"{account_id} was left half made by an interrupted command: removing that first")
            _remove_everywhere(instance, operator, account_id)
        if operator.state(account_id):
            raise Failure(f"there is an account {account_id} already", "bin/tenant list")
        if operator.database_exists(account_id):
            what = f"PostgreSQL has a database {account_id} already, which is no account of this instance"
            raise Failure(what, "another name, or drop it where it was made (CHATWOOTAI_INSTANCE=… bin/tenant drop)")
        operator.register(account_id, wanted.demo, chatwoot)
        try:
            return _make(instance, operator, wanted)
        except BaseException:
            say(f"{account_id} could not be made: removing what there is of it")
            _remove_everywhere(instance, operator, account_id)
            raise


def drop(instance: Instance, account_id: str) -> None:
    """Remove a tenant from every store and process."""
    account_id = _valid_account_id(account_id)
    operator = OperatorDatabase(instance)
    with operator.working_on(account_id):
        if operator.state(account_id) is None:
            raise Failure(f"there is no tenant {account_id}", "bin/tenant list")
        operator.set_state(account_id, "dropping")
        _remove_everywhere(instance, operator, account_id)


def _make(instance: Instance, operator: OperatorDatabase, wanted: NewTenant) -> dict[str, str | None]:
    account_id = wanted.account_id
    with step(f"Database {account_id}"):
        template.clone(template.TEMPLATE, account_id, instance, instance.data_dir, owner=postgres.OPERATOR)
    with step("Company, credentials and settings"), odoo_env.odoo_environment(account_id) as env:
        addresses = _configure(env, operator, wanted)
    with step("Configuration for the agents"):
        _store_configuration(account_id)
    with step("Knowledge"):
        say(f"  {_index_knowledge(instance, account_id)}")
    with odoo_env.odoo_environment(account_id) as env:
        # What saving queued has just been done.
        env["queue.job"].search([]).unlink()
    odoo_env.forget(account_id)
    _give_to(account_id, instance.role)
    operator.activate(account_id, template.template_fingerprint())
    return addresses


def _configure(env: Any, operator: OperatorDatabase, wanted: NewTenant) -> dict[str, str | None]:
    """Everything that is rows of the tenant's own database, in one transaction."""
    from odoo.addons.chatwootai_mcp.settings import get_keyring, get_settings
    from odoo.addons.chatwootai_mcp.tenancy.tokens import config_audience, mint_webhook_token, new_token_id

    account_id = wanted.account_id
    company = env.ref("base.main_company")
    company.name = wanted.company or account_id
    if wanted.demo:
        demo_data.load(env, wanted.demo)
        password = "admin"
    else:
        password = secrets.token_urlsafe(12)
        say(f"  log in as admin with the password {password}")
    env.ref("base.user_admin").password = password
    _set_model(company, wanted.model)
    token_id, public_url = new_token_id(), get_settings().public_url
    for key, value in {
        "web.base.url": public_url,
        "chatwootai_mcp.config_token_id": token_id,
        "company_services.webhook_url": f"{public_url}/chatwootai/config/{account_id}",
    }.items():
        env["ir.config_parameter"].set_param(key, value)
    token = mint_webhook_token(get_keyring(), config_audience(account_id), token_id)
    env["company.services.webhook"]._keep_token(token)
    webhook_url = _connect_chatwoot(env, operator, wanted.chatwoot) if wanted.chatwoot else None
    return {"account_id": account_id, "webhook_url": webhook_url, "mcp_url": f"{public_url}/mcp/{account_id}"}


def _set_model(company: Any, model: Model) -> None:
    given = {
        "chatwootai_llm_base_url": model.base_url,
        "chatwootai_llm_model": model.name,
        "chatwootai_llm_api_key": model.api_key,
    }
    company.write({name: value for name, value in given.items() if value})


def _connect_chatwoot(env: Any, operator: OperatorDatabase, chatwoot: Chatwoot) -> str:
    from odoo.addons.chatwootai_mcp.settings import get_keyring, get_settings
    from odoo.addons.chatwootai_mcp.tenancy.tokens import CHATWOOT_AUDIENCE, mint_webhook_token, new_token_id

    connection = env["chatwootai.chatwoot.connection"].create(
        {
            "name": "Chatwoot",
            "base_url": chatwoot.base_url,
            "chatwoot_account": chatwoot.account,
            "user_token": chatwoot.token,
            "bot_token": chatwoot.bot_token or False,
            "webhook_secret_ids": [
                (0, 0, {"name": f"webhook {number}", "secret": secret})
                for number, secret in enumerate(chatwoot.secrets, start=1)
            ],
        }
    )
    token_id = operator.shared_webhook(connection.base_url, new_token_id())
    shared = mint_webhook_token(get_keyring(), CHATWOOT_AUDIENCE, token_id)
    say(f"  one webhook for all tenants of this Chatwoot: {get_settings().public_url}/chatwootai/webhook/{shared}")
    _try_chatwoot(connection)
    return str(connection.webhook_url)


def _try_chatwoot(connection: Any) -> None:
    """Say what does not work; the tenant is made all the same: Chatwoot may be down, or its token come later."""
    from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError

    connection._note_test(connection._test())
    if connection.test_state != "ok":
        say("  Chatwoot does not work yet. Correct it in Odoo, Configuration, Chatwoot:")
        for problem in connection.test_result.splitlines():
            say(f"    {problem}")
        return
    try:
        connection._fetch_inboxes()
    except ChatwootError as error:
        connection._note_fetch(connection._explain(error, "user access token"))
    else:
        connection._note_fetch()
    say(f"  Chatwoot works. {connection.fetch_result}")


def _store_configuration(account_id: str) -> None:
    """Put the company's snapshot and the agents' configuration where the agents read them, without a server."""
    from odoo.addons.chatwootai_mcp.servers.configuration import store_snapshot

    with odoo_env.odoo_environment(account_id) as env:
        profile = env["company.services.profile"]._of_company()
        profile._sync_now(deliver=lambda document: store_snapshot(account_id, document))
        env["chatwootai.agent.config"]._save_agent_config()


def _index_knowledge(instance: Instance, account_id: str) -> dict[str, Any]:
    """Have the tenant's knowledge indexed by whoever holds the embedded vectors, or here when nobody does."""
    from odoo.service.model import retrying

    from odoo.addons.chatwootai_mcp.stores.errors import StoreUnavailable

    deadline = time.monotonic() + VECTORS_SECONDS
    while True:
        if (answer := control_client.ask(instance, "resync_knowledge", account_id=account_id)) is not None:
            return dict(answer["counts"])
        try:
            with odoo_env.odoo_environment(account_id) as env:
                counts = dict(retrying(env["chatwootai.knowledge"]._resync, env))
                env["chatwootai.usage"]._cron_measure()
                return counts
        except StoreUnavailable:
            # A server that is starting or stopping: it holds the vectors but does not listen.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _remove_everywhere(instance: Instance, operator: OperatorDatabase, account_id: str) -> None:
    """Can be done again after an interruption: the tenant stays registered until nothing of it is left."""
    odoo_env.forget(account_id)
    if operator.database_exists(account_id):
        _give_to(account_id, postgres.OPERATOR)
        # Wakes the job runner, which then sees that the database is no longer its own.
        postgres.sql("NOTIFY queue_job, 'gone';", role=postgres.OPERATOR, database=account_id)
    served = control_client.ask(instance, "release", account_id=account_id) is not None
    if not served or control_client.ask(instance, "drop_stores", account_id=account_id) is None:
        _drop_stores(account_id)
    template.drop(account_id, instance.data_dir)
    shutil.rmtree(template.filestore(account_id, instance.data_dir), ignore_errors=True)
    control_client.ask(instance, "evict", account_id=account_id)
    operator.remove(account_id)


def _drop_stores(account_id: str) -> None:
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp import log_files
    from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
    from odoo.addons.chatwootai_mcp.settings import get_settings

    stores = get_stores()
    for store in (stores.vectors, stores.documents, stores.cache):
        store.drop(account_id)
    log_files.remove(get_settings().log_dir, account_id)


def _give_to(account_id: str, owner: str) -> None:
    statement = 'ALTER DATABASE :"name" OWNER TO :"owner";'
    postgres.sql(statement, role=postgres.OPERATOR, name=account_id, owner=owner)


def _valid_account_id(value: str) -> str:
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp.tenancy.account import InvalidAccountId, parse_account_id

    try:
        return str(parse_account_id(value))
    except InvalidAccountId as error:
        raise Failure(f"{value!r} can't be an account: {error}", None) from None


def _normal_url(url: str) -> str:
    from odoo.addons.chatwootai_mcp.chatwoot.client import normal_base_url

    try:
        return str(normal_base_url(url))
    except ValueError as error:
        raise Failure(f"{url!r} is no address of a Chatwoot: {error}", None) from None
