"""Connecting a Chatwoot account and undoing it: the steps an administrator's one button takes."""
