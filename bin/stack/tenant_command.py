"""bin/tenant: create, list, limit and drop tenants, and hand out their keys. Results on stdout, progress on stderr."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from . import (
    demo_data,
    environment,
    odoo_env,
    secret_rotation,
    services,
    template,
    tenant_alerts,
    tenant_usage,
    tenants,
    upgrade,
)
from .console import Failure, say
from .instance import Instance
from .operator_database import LIMITS, OperatorDatabase

SERVERS = ("odoo", "qdrant", "mongodb", "chatwoot")
NO_LIMIT = -1
_LARGEST = 2**31 - 1  # what the control database's columns hold
_LONGEST_DAYS = 36_500
Number = TypeVar("Number", int, float)


def main() -> None:
    options = _parser().parse_args(_values_joined(sys.argv[1:]))
    environment.run_in_venv()
    with services.running() as instance:
        tenants.work_as(instance)
        run: Callable[[Instance, argparse.Namespace], None] = options.run
        run(instance, options)


# Values somebody else generated: argparse would take one that begins with a hyphen for an option.
_GENERATED = {"--chatwoot-token", "--chatwoot-bot-token", "--chatwoot-secret", "--llm-api-key"}


def _values_joined(arguments: list[str]) -> list[str]:
    """``--chatwoot-token -x`` as ``--chatwoot-token=-x``."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in _GENERATED:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _create(instance: Instance, options: argparse.Namespace) -> None:
    chatwoot = None
    needed = (options.chatwoot_url, options.chatwoot_account, options.chatwoot_token)
    if any((*needed, options.chatwoot_bot_token, options.chatwoot_secret)):
        if not all(needed):
            raise Failure("a Chatwoot is named by --chatwoot-url, --chatwoot-account and --chatwoot-token together")
        chatwoot = tenants.Chatwoot(
            base_url=options.chatwoot_url,
            account=options.chatwoot_account,
            token=options.chatwoot_token,
            bot_token=options.chatwoot_bot_token,
            secrets=tuple(options.chatwoot_secret),
        )
    model = tenants.Model(options.llm_base_url, options.llm_model, options.llm_api_key)
    template.ensure()
    wanted = tenants.NewTenant(options.account, options.company, options.demo, chatwoot, model)
    print(json.dumps(tenants.create(instance, wanted)))


def _key(instance: Instance, options: argparse.Namespace) -> None:
    account_id = _known(instance, options.account)
    with odoo_env.odoo_environment(account_id) as env:
        keys = env["chatwootai.mcp.key"].with_context(active_test=False)
        if options.list:
            _print_table([_describe_key(key) for key in keys.search([])], options.json)
        elif options.revoke is not None:
            key = keys.search([("key_id", "=", options.revoke)])
            if not key:
                raise Failure(f"{account_id} has no key {options.revoke!r}", f"bin/tenant key {account_id} --list")
            key.action_revoke()
            say(f"{options.revoke} is revoked")
        else:
            user = env["res.users"].search([("login", "=", options.user)]) if options.user else None
            if options.user and not user:
                raise Failure(f"{account_id} has no active user {options.user}", "create the user in Odoo first")
            print(keys._issue(options.name, user, servers=options.servers, write=options.write, days=options.days))


def _describe_key(key: Any) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "name": key.name,
        "user": key.user_id.login,
        "servers": ",".join(sorted(key._servers())),
        "write": key.can_write,
        "expires": key.expires_on and str(key.expires_on),
        "last_used": key.last_used_on and str(key.last_used_on),
        "state": key.state,
    }


def _limit(instance: Instance, options: argparse.Namespace) -> None:
    account_id = _known(instance, options.account)
    operator = OperatorDatabase(instance)
    given = {name: value for name in LIMITS if (value := getattr(options, name)) is not None}
    if given:
        operator.set_limits(account_id, {name: None if value == NO_LIMIT else value for name, value in given.items()})
    limits = operator.limits(account_id)
    if limits["money_per_month"] is not None and "*" not in {price["model"] for price in operator.prices()}:
        say("warning: of models without a price of yours money is counted at the tenant's own price, or not at all")
        say("  mend it with: bin/tenant price '*' IN OUT (any model that has no price)")
    print(json.dumps({"account_id": account_id, **limits}))


def _upgrade(instance: Instance, options: argparse.Namespace) -> None:
    operator = OperatorDatabase(instance)
    chosen = [_known(instance, options.account)] if options.account else operator.active()
    upgrade.upgrade(instance, operator, chosen, only_outdated=not options.account)


def _list(instance: Instance, options: argparse.Namespace) -> None:
    _print_table(OperatorDatabase(instance).tenants(), options.json)


def _usage(instance: Instance, options: argparse.Namespace) -> None:
    if options.account:
        rows = tenant_usage.by_day(_known(instance, options.account), options.days)
    else:
        rows = tenant_usage.per_tenant(OperatorDatabase(instance).all_limits(), options.days, options.sort)
    _print_table(rows, options.json)


def _price(instance: Instance, options: argparse.Namespace) -> None:
    operator = OperatorDatabase(instance)
    if options.model and options.remove:
        operator.remove_price(options.model)
    elif options.model:
        if options.read is None or options.written is None:
            raise Failure("a price is two numbers: for a million tokens read, and written", "bin/tenant price M IN OUT")
        operator.set_price(options.model, options.read, options.written)
    _print_table(operator.prices(), options.json)


def _metrics_token(instance: Instance, options: argparse.Namespace) -> None:
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp.settings import get_keyring
    from odoo.addons.chatwootai_mcp.tenancy.tokens import METRICS_AUDIENCE, mint_webhook_token, new_token_id

    print(mint_webhook_token(get_keyring(), METRICS_AUDIENCE, new_token_id()))


def _alerts(instance: Instance, options: argparse.Namespace) -> None:
    _print_table(tenant_alerts.alerts(instance, options), options.json)


def _audit(instance: Instance, options: argparse.Namespace) -> None:
    tenant_alerts.audit(instance, _known(instance, options.account), options)


def _drop(instance: Instance, options: argparse.Namespace) -> None:
    if not options.yes:
        say(f"This removes {options.account} from every store, for good. Type its name to go on:")
        if sys.stdin.readline().strip() != options.account:
            raise Failure("nothing was dropped", f"bin/tenant drop {options.account} --yes")
    tenants.drop(instance, options.account)
    say(f"{options.account} is gone")


def _rotate_key(instance: Instance, options: argparse.Namespace) -> None:
    if options.forget_old:
        secret_rotation.forget_old(instance, options.force)
        return
    left = secret_rotation.rotate(instance)
    say("what is stored is encrypted with the first secret; signed by an older one, which goes on verifying, are:")
    _print_table(left, options.json)


def _known(instance: Instance, account_id: str) -> str:
    if OperatorDatabase(instance).state(account_id) != "active":
        raise Failure(f"there is no tenant {account_id} in service", "bin/tenant list")
    return account_id


def _print_table(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, default=str))
        return
    if not rows:
        say("none")
        return
    texts = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in texts) for column in range(len(texts[0]))]
    for line in texts:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/tenant", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    create = commands.add_parser("create", help="make a tenant; prints its addresses as JSON")
    create.set_defaults(run=_create)
    create.add_argument("account", metavar="ACCOUNT", help="its account_id, the name of its database")
    create.add_argument("--company", metavar="NAME", help="the company's name; the account's by default")
    create.add_argument(
        "--demo", choices=demo_data.COMPANIES, help="fill it with a demo company; log in as admin/admin"
    )
    create.add_argument("--chatwoot-url", metavar="U")
    create.add_argument("--chatwoot-account", metavar="N", type=int)
    create.add_argument("--chatwoot-token", metavar="T", help="a user's access token: it reads")
    create.add_argument("--chatwoot-bot-token", metavar="B", help="the agent bot's: it writes, when given")
    create.add_argument(
        "--chatwoot-secret", metavar="S", action="append", default=[], help="signs webhooks; repeatable"
    )
    create.add_argument("--llm-base-url", metavar="U")
    create.add_argument("--llm-model", metavar="M")
    create.add_argument("--llm-api-key", metavar="K")

    key = commands.add_parser("key", help="issue an MCP key and print it; list or revoke keys")
    key.set_defaults(run=_key)
    key.add_argument("account", metavar="ACCOUNT")
    key.add_argument("--user", metavar="LOGIN", help="the Odoo user it acts as; by default one with limited rights")
    key.add_argument("--name", metavar="N", default="bin/tenant")
    key.add_argument("--servers", metavar="S,…", type=_servers, default=SERVERS, help=f"of {','.join(SERVERS)}; all")
    key.add_argument("--write", action="store_true", help="may call tools that write")
    key.add_argument("--days", metavar="N", type=_days, help="expires after so many days")
    instead = key.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true")
    instead.add_argument("--revoke", metavar="ID")
    key.add_argument("--json", action="store_true", help="with --list")

    limit = commands.add_parser("limit", help="set a tenant's quotas (-1: no limit), or show them")
    limit.set_defaults(run=_limit)
    limit.add_argument("account", metavar="ACCOUNT")
    for name in LIMITS:
        kind = _LIMIT_KINDS.get(name, _count)
        limit.add_argument(f"--{name.replace('_', '-')}", metavar="N", type=kind)

    listing = commands.add_parser("list", help="the tenants")
    listing.set_defaults(run=_list)
    listing.add_argument("--json", action="store_true")

    price = commands.add_parser("price", help="set what a model costs (US$ for a million tokens), or show prices")
    price.set_defaults(run=_price)
    price.add_argument("model", metavar="MODEL", nargs="?", help="its name, or '*' for any that has no price")
    price.add_argument("read", metavar="IN", type=_amount, nargs="?")
    price.add_argument("written", metavar="OUT", type=_amount, nargs="?")
    price.add_argument("--remove", action="store_true")
    price.add_argument("--json", action="store_true")

    usage = commands.add_parser("usage", help="what tenants use and who is near a limit; of one tenant, by day")
    usage.set_defaults(run=_usage)
    usage.add_argument("account", metavar="ACCOUNT", nargs="?")
    usage.add_argument("--days", metavar="N", type=_days, default=30, help="of the last N days; 30")
    usage.add_argument("--sort", choices=tenant_usage.SORTS, default="limit", help="who comes first; nearest a limit")
    usage.add_argument("--json", action="store_true")

    alerts = commands.add_parser("alerts", help="what needs the operator, over all tenants")
    alerts.set_defaults(run=_alerts)
    alerts.add_argument("account", metavar="ACCOUNT", nargs="?")
    alerts.add_argument("--all", action="store_true", help="those already seen too")
    alerts.add_argument("--seen", metavar="ID", type=int, nargs="+", help="mark these as seen")
    alerts.add_argument("--json", action="store_true")

    audit = commands.add_parser("audit", help="check that a tenant's audit is as it was written, or export it")
    audit.set_defaults(run=_audit)
    audit.add_argument("account", metavar="ACCOUNT")
    chosen = audit.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--verify", action="store_true", help="exit code 1 when a row was changed or removed")
    chosen.add_argument("--export", metavar="FILE", help="as JSON lines; - for standard output")
    audit.add_argument("--json", action="store_true", help="with --verify")

    renewal = commands.add_parser("upgrade", help="bring tenants made with older addons up to date")
    renewal.set_defaults(run=_upgrade)
    renewal.add_argument("account", metavar="ACCOUNT", nargs="?", help="this one whatever its state; by default all")

    rotation = commands.add_parser("rotate-key", help="a new secret_key for the server, ending nothing")
    rotation.set_defaults(run=_rotate_key)
    rotation.add_argument(
        "--forget-old", action="store_true", help="leave only the newest, when nothing needs the others"
    )
    rotation.add_argument("--force", action="store_true", help="with --forget-old: though keys and webhooks end by it")
    rotation.add_argument("--json", action="store_true", help="what older secrets signed, as JSON")

    metrics = commands.add_parser("metrics-token", help="print a token that opens GET /chatwootai/metrics")
    metrics.set_defaults(run=_metrics_token)

    drop = commands.add_parser("drop", help="remove a tenant from every store")
    drop.set_defaults(run=_drop)
    drop.add_argument("account", metavar="ACCOUNT")
    drop.add_argument("--yes", action="store_true", help="without asking")
    return parser


def _servers(text: str) -> tuple[str, ...]:
    chosen = tuple(part.strip() for part in text.split(",") if part.strip())
    if not chosen or set(chosen) - set(SERVERS):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(SERVERS)}")
    return chosen


def _amount(text: str) -> float:
    amount = _number(float, text)
    if not 0 <= amount <= _LARGEST:
        raise argparse.ArgumentTypeError(f"from 0 to {_LARGEST}")
    return amount


def _money(text: str) -> float:
    """A limit on money; anything that is no amount would be no limit, in silence."""
    amount = _number(float, text)
    return amount if amount == NO_LIMIT else _amount(text)


def _count(text: str, largest: int = _LARGEST) -> int:
    number = _number(int, text)
    if not NO_LIMIT <= number <= largest:
        raise argparse.ArgumentTypeError(f"from 0 to {largest}, or {NO_LIMIT} for no limit")
    return number


def _tokens(text: str) -> int:
    return _count(text, largest=2**53)


def _days(text: str) -> int:
    number = _number(int, text)
    if not 1 <= number <= _LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"from 1 to {_LONGEST_DAYS}")
    return number


def _number(kind: Callable[[str], Number], text: str) -> Number:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


_LIMIT_KINDS = {"money_per_month": _money, "tokens_per_month": _tokens}
