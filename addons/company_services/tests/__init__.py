from . import test_access
from . import test_opening_hours_calendar
from . import test_profile
from . import test_settings
from . import test_snapshot
from . import test_sync
from . import test_sync_job
