"""What a channel tells of the agents' own messages after they were sent: refused by it, or a choice that was tapped."""

from dataclasses import replace

from odoo.addons.chatwootai_mcp.chatwoot.payload import Author, Direction


def take_channel_news(conversation, message, take_message):
    """Act on a changed message of ours; every other message, and every other change, is left alone."""
    if message.direction is not Direction.OUTGOING or message.private:
        return
    where = (conversation.connection_id, conversation.display_id)
    outbox = conversation.env["chatwootai.outbox"]
    if message.external_error:
        outbox.refused_by_channel(*where, message.id, message.external_error)
    if message.picked and message.id in outbox.message_ids_of(*where)[0]:
        take_message(conversation, _customers_choice(message), picked=True)


def _customers_choice(message):
    """The tap as the customer's own message: Chatwoot only notes it on the message that offered the choice."""
    return replace(
        message,
        author=Author.CUSTOMER,
        direction=Direction.INCOMING,
        content="\n".join(message.picked),
        sender_name="",
        attachments=(),
        created_at=None,
    )
