"""What can go wrong in speaking to Chatwoot, each with the sentence that says it."""

from enum import StrEnum


class Sentence(StrEnum):
    """In English, for logs and programs; `models/chatwoot_words.py` says them in the reader's language."""

    NO_TOKEN = "No access token is set"
    TOKEN_REFUSED = "Chatwoot refuses the access token"
    NOT_KNOWN = "Chatwoot does not know the conversation or account"
    TOO_OFTEN = "Chatwoot asks to be called less often"
    FAILED = "Chatwoot failed"
    REFUSED = "Chatwoot refuses the request"
    REDIRECT = "Chatwoot answers with a redirect: set the address that it redirects to"
    LATE = "Chatwoot did not answer in time"
    NOT_REACHED = "Chatwoot cannot be reached"
    BROKE_OFF = "The connection to Chatwoot broke off"
    NO_ADDRESS = "Chatwoot's address is not one that can be called"
    UNEXPECTED = "Chatwoot's answer has not the form it should have"
    TOO_LARGE = "Chatwoot's answer is larger than any it gives"
    NO_ID = "Chatwoot took the message and did not say its id"


class ChatwootError(Exception):
    """The call failed. ``maybe_done``: it may have had its effect all the same. ``said``: Chatwoot's own words."""

    maybe_done = False
    retryable = False

    def __init__(self, sentence: str, said: str = "") -> None:
        super().__init__(f"{sentence}: {said}" if said else f"{sentence}.")
        self.sentence = sentence
        self.said = said


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
        self,
        sentence: str,
        said: str = "",
        *,
        maybe_done: bool = False,
        retry_after: int | None = None,
        out_of_reach: bool = False,
    ) -> None:
        super().__init__(sentence, said)
        self.maybe_done = maybe_done
        self.out_of_reach = out_of_reach
        self.retry_after = retry_after
