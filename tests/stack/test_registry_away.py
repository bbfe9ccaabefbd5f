"""A package that could not be installed skips its test only where the registry can't be reached."""

import pytest

from tests.registry_away import skip_or_fail


@pytest.mark.parametrize(
    "told",
    [
        "npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED",
        "npm error code ENOTFOUND\nnpm error network request to http://registry.invalid/x failed",
        "WARNING: Retrying … NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused",
    ],
)
def test_a_registry_that_cannot_be_reached_skips_and_says_so(told):
    with pytest.raises(pytest.skip.Exception, match="npm asks for inspector can't be reached"):
        skip_or_fail("npm", "inspector", told)


@pytest.mark.parametrize(
    "told",
    [
        "npm error code E404\nnpm error 404 Not Found",
        "npm error code EINTEGRITY",
        "npm error code EUSAGE: package.json and package-lock.json are not in sync",
        "ERROR: No matching distribution found for mcp==2.0",
        "ENOSPC: no space left on device",
        "",
    ],
)
def test_anything_else_fails(told):
    with pytest.raises(pytest.fail.Exception, match="npm could not install inspector"):
        skip_or_fail("npm", "inspector", told)
