from . import gateway, controllers, models  # the gateway first: it stands before every controller
