# The log first, so that every line is as it must be; the pools before the first cursor; then the gateway, which stands
# before every controller.
from . import log_context, switching, written_code
from .servers import connection_pools
from . import kept_sessions, signaling
from . import gateway, database_choice, control_socket, fair_channels, queue_runner, registries_at_start, stopping
from . import controllers, models, wizards
