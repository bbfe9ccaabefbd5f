# The gateway first: it stands before every controller.
from . import gateway, control_socket, queue_runner, controllers, models, wizards
