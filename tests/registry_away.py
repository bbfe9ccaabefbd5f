"""A test that needs a package which could not be installed: skipped only where the packages' registry can't be reached.

Anything else that goes wrong (a lock that does not fit, a package that was withdrawn, a full disk) fails the test.
"""

import re
from typing import NoReturn

import pytest

# As npm names it, and as pip tells it.
_CANNOT_BE_REACHED = re.compile(
    r"\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
    r"|ERR_SOCKET_TIMEOUT|E50[234])\b"
    r"|Failed to establish a new connection|Temporary failure in name resolution|Name or service not known"
    r"|Connection refused|Network is unreachable|Cannot connect to proxy|Connection to \S+ timed out"
)


def skip_or_fail(program: str, packages: str, output: str) -> NoReturn:
    """End the test: what the program said of the packages decides how."""
    if reason := _CANNOT_BE_REACHED.search(output):
        pytest.skip(f"the registry that {program} asks for {packages} can't be reached ({reason[0]})")
    pytest.fail(f"{program} could not install {packages}:\n{output[-3000:]}", pytrace=False)
