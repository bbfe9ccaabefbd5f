"""A Chatwoot stand-in: its REST API, its webhooks, and a page where a person writes as the customer."""

from .server import ChatwootServer

__all__ = ["ChatwootServer"]
