"""What can go wrong in speaking to Chatwoot, each with the sentence a person reads."""


class ChatwootError(Exception):
    """The call failed. ``maybe_done``: it may have had its effect all the same."""

    maybe_done = False
    retryable = False


class Unauthorized(ChatwootError):
    """The token is not known, or may not do this. Retryable: whoever renews the token finds nothing lost."""

    retryable = True


class NotFound(ChatwootError):
    """The conversation (or account) does not exist, or this token does not see it."""


class Rejected(ChatwootError):
    """Chatwoot understood and refused: trying the same again is of no use."""


class Unavailable(ChatwootError):
    """Chatwoot was not reached, or not able to answer: later it may be.

    ``out_of_reach``: not for this request alone, so that any other would wait as long and fail as well.
    """

    retryable = True

    def __init__(
        self, sentence: str, *, maybe_done: bool = False, retry_after: int | None = None, out_of_reach: bool = False
    ) -> None:
        super().__init__(sentence)
        self.maybe_done = maybe_done
        self.out_of_reach = out_of_reach
        self.retry_after = retry_after
