from . import gateway, controllers, models, wizards  # the gateway first: it stands before every controller
