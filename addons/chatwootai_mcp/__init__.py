# The log first, so that every line is as it must be; then the gateway, which stands before every controller.
from . import log_context, gateway, control_socket, queue_runner, controllers, models, wizards
