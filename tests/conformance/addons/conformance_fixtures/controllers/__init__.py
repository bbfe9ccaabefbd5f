from . import fixture_controller
