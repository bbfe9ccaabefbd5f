"""The offline demo model: an OpenAI-compatible server that reads words, not meanings, and knows no company."""

from .server import ModelServer

__all__ = ["ModelServer"]
