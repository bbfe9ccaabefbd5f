"""Which of the tenant's Chatwoot connections a call means, and asking Chatwoot over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..chatwoot.client import READ_SECONDS, ChatwootClient
from ..chatwoot.errors import ChatwootError, NotFound, Unauthorized
from .call import Call
from .tool import ToolError


def _known_size(number: int) -> int:
    """Checked, and not written in the schema, where it would stand thirty times: PostgreSQL's and Chatwoot's bound."""
    if number >= 2**31:
        raise ValueError("Input should be less than 2147483648")
    return number


Id = Annotated[int, Field(gt=0), AfterValidator(_known_size)]
OptionalId = Annotated[int, AfterValidator(_known_size)] | None
ConversationId = Annotated[Id, Field(description="Its number, as Chatwoot shows it")]
ChatwootAccount = Annotated[OptionalId, Field(description="Where several are connected")]

_WHERE = "In Odoo, an administrator sets it under ChatwootAI / Configuration / Chatwoot."


def connection_of(call: Call, chatwoot_account: int | None) -> Any:
    """The connection that is meant, as an Odoo record."""
    # The user may not read connections, which hold tokens; that it may use Chatwoot, its key says.
    connections = call.env["chatwootai.chatwoot.connection"].sudo().search([])
    if not connections:
        raise ToolError(f"This company has no Chatwoot connected. {_WHERE}")
    numbers = ", ".join(str(connection.chatwoot_account) for connection in connections)
    if chatwoot_account is not None:
        connections = connections.filtered(lambda connection: connection.chatwoot_account == chatwoot_account)
        if not connections:
            raise ToolError(f"Chatwoot account {chatwoot_account} is not connected; connected: {numbers}.")
    if len(connections) > 1:
        raise ToolError(f"Several Chatwoot accounts are connected; say which by chatwoot_account: {numbers}.")
    return connections


def check_bound(call: Call, connection: Any, conversation_id: int) -> None:
    """A crew that answers a customer reads and speaks in that customer's conversation only, whatever the model asks."""
    bound = call.principal.conversation_id
    if bound is None:
        return
    conversation = call.env["chatwootai.conversation"].sudo().browse(bound)
    if conversation.connection_id != connection or conversation.display_id != conversation_id:
        raise ToolError("You may act only in the conversation you are answering.")


@contextmanager
def asking(call: Call, connection: Any, what: str) -> Iterator[ChatwootClient]:
    """A client that asks Chatwoot within the call's time, while no transaction is open; failures become sentences.

    No record read before is to be used after it.

    :param what: is asked for, to say that it does not exist
    """
    client = connection.client(read_seconds=min(READ_SECONDS, call.seconds_left()), deadline=call.deadline)
    if not client.read_token:
        raise ToolError(f"The Chatwoot connection has no user access token, and only with one can be read. {_WHERE}")
    call.leave_database()
    with client:
        try:
            yield client
        except NotFound:
            raise ToolError(f"Chatwoot has no {what}, or its access token does not see it.") from None
        except Unauthorized as error:
            raise ToolError(f"{str(error).rstrip('.')}. {_WHERE}") from None
        except ChatwootError as error:
            raise ToolError(str(error)) from None
