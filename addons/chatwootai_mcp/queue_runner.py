"""queue_job's runner takes up tenants created after its start, lets go of dropped ones, and serves tenants only.

The runner lists databases once, when it starts. This patch compares its list with the databases there are once a
second. Only databases whose name is an account_id are taken: a role may own others (tests, templates in the making),
and their jobs are not for this server.

The runner's loop turns several times for each job. What it would ask at each turn of every tenant's database (are jobs
dead? is the connection?), so that one tenant's jobs cost more the more tenants there are, is asked now and then.
"""

import logging
import time
from collections import Counter

from odoo.tools import config

from odoo.addons.queue_job import jobrunner
from odoo.addons.queue_job.jobrunner import runner

from .crons_at_start import bring_forward
from .servers import queue_status
from .tenancy.account import InvalidAccountId, parse_account_id

_logger = logging.getLogger(__name__)

START_SECONDS = 1  # queue_job waits 5 before the first job
ADOPTION_SECONDS = 3
LOOK_SECONDS = 1.0  # for new, dropped and dead
ALIVE_SECONDS = 30.0  # for something to pass through each connection: what stands between closes one that is silent

_get_db_names = runner.QueueJobRunner.get_db_names
_initialize_databases = runner.QueueJobRunner.initialize_databases
_requeue_dead_jobs = runner.QueueJobRunner.requeue_dead_jobs
_keep_alive = runner.Database.keep_alive
_running: runner.QueueJobRunner | None = None


def serves(name: str) -> bool:
    """Whether this process's runner runs the jobs of a database now."""
    return _running is not None and name in _running.db_by_name


def get_db_names(self):
    return [name for name in _get_db_names(self) if _is_tenant(name)]


def initialize_databases(self):
    """Called when the runner starts, and after it lost PostgreSQL."""
    _initialize_databases(self)
    _warn_of_capacity(self.channel_manager.get_channel_by_name("root").capacity, config["workers"])
    bring_forward({name: database.conn for name, database in self.db_by_name.items()})


def _warn_of_capacity(capacity, workers):
    """A job takes a worker for as long as a model thinks."""
    if workers and (capacity is None or capacity >= workers):
        _logger.warning(
            "root's capacity in [queue_job] is %s and there are %s workers: while as many jobs run, no request is"
            " answered; set it lower, or more workers",
            capacity or "without a limit",
            workers,
        )


def requeue_dead_jobs(self):
    """Called once per turn of the runner's loop, before it reads notifications."""
    global _running
    _running = self
    if _is_due(self, LOOK_SECONDS):
        names = set(self.get_db_names())
        for name in set(self.db_by_name) - names:
            _let_go(self, name)
        for name in sorted(names - set(self.db_by_name)):
            _adopt(self, name)
        _requeue_dead_jobs(self)
    if queue_status.note_is_due():
        queue_status.note(_jobs(self.channel_manager))


def keep_alive(self):
    """Called at each turn for each database that told of nothing."""
    if _is_due(self, ALIVE_SECONDS):
        _keep_alive(self)


def _is_due(of, seconds):
    """Whether it was last done so long ago; then it is done now."""
    now = time.monotonic()
    if now - vars(of).get("_done_at", float("-inf")) < seconds:
        return False
    of._done_at = now
    return True


def _jobs(manager):
    """How many jobs of each tenant wait in each channel, and how many run. Those that run do so in root, too."""
    counts = Counter()
    for name, channel in manager._channels_by_name.items():
        for account_id, count in channel.waiting().items():
            counts[account_id, name, "waiting"] += count
    for job in manager.get_channel_by_name("root")._running:
        counts[job.db_name, job.channel.fullname, "running"] += 1
    return counts


def _adopt(queue_runner, name):
    database = runner.Database(name)
    if not database.has_queue_job:
        database.close()
        return
    queue_runner.db_by_name[name] = database
    with database.select_jobs("state in %s", (runner.NOT_DONE,)) as cr:
        for job in cr:
            queue_runner.channel_manager.notify(name, *job)
    _logger.info("running the jobs of %s", name)


def _let_go(queue_runner, name):
    queue_runner.channel_manager.remove_db(name)
    queue_runner.db_by_name.pop(name).close()
    _logger.info("%s is gone", name)


def _is_tenant(name):
    try:
        parse_account_id(name)
    except InvalidAccountId:
        return False
    return True


jobrunner.START_DELAY = START_SECONDS
runner.SELECT_TIMEOUT = ADOPTION_SECONDS
runner.QueueJobRunner.get_db_names = get_db_names
runner.QueueJobRunner.initialize_databases = initialize_databases
runner.QueueJobRunner.requeue_dead_jobs = requeue_dead_jobs
runner.Database.keep_alive = keep_alive
