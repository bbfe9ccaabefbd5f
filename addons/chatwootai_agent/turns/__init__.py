"""What comes in from Chatwoot, and a turn from its beginning to its end.

The steps that the webhook and the answering jobs take, each a short transaction of its own.
"""
