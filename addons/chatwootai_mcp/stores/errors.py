"""What can go wrong in a store; every message is a sentence a person can act on."""


class StoreError(Exception):
    """Something a store refused or could not do."""


class StoreUnavailable(StoreError):
    """The store can't be reached or used now; trying again later may help."""


class StaleSnapshot(StoreError):
    """A snapshot older than the stored one was offered."""


class InvalidDocument(StoreError):
    """A document doesn't follow its schema; the message names the field."""


class InvalidVector(StoreError):
    """A vector, point or filter doesn't fit; the message names what is wrong."""


class NotFound(StoreError):
    """What was asked for has never been stored."""
