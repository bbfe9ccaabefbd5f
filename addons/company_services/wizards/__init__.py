from . import opening_hours
