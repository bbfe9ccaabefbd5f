from . import test_secret_field
