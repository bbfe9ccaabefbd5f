# The log first, so that every line is as it must be; then the gateway, which stands before every controller.
from . import log_context, switching, gateway, database_choice, control_socket, fair_channels, queue_runner
from . import controllers, models, wizards
