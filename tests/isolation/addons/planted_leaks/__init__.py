"""One leak in each layer, each asleep until its name stands in the file ``PLANTED_LEAK`` names.

Server-wide in the isolation tests' server only. A leak replaces one function by one that makes the mistake its name
tells, the kind of mistake a person makes.
"""

from . import answers, credentials, traces
