"""Chatwoot as plain values: what it sends and accepts, who answers a conversation, what was said already. Pure."""
