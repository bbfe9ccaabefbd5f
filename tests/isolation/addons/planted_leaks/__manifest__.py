{
    "name": "Planted leaks",
    "summary": "Lets one tenant see another on purpose, so that the isolation tests are seen to notice",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "depends": ["chatwootai_agent"],
    "installable": False,
}
