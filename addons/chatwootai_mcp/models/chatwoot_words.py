"""What went wrong in speaking to Chatwoot, in the reader's language; Chatwoot's own words stay as they are."""

from ..chatwoot.errors import Sentence


def in_words(env, error):
    sentence = _sentences(env).get(error.sentence, error.sentence)
    return f"{sentence}: {error.said}" if error.said else f"{sentence}."


def _sentences(env):
    return {
        Sentence.NO_TOKEN: env._("No access token is set"),
        Sentence.TOKEN_REFUSED: env._("Chatwoot refuses the access token"),
        Sentence.NOT_KNOWN: env._("Chatwoot does not know the conversation or account"),
        Sentence.TOO_OFTEN: env._("Chatwoot asks to be called less often"),
        Sentence.FAILED: env._("Chatwoot failed"),
        Sentence.REFUSED: env._("Chatwoot refuses the request"),
        Sentence.REDIRECT: env._("Chatwoot answers with a redirect: set the address that it redirects to"),
        Sentence.LATE: env._("Chatwoot did not answer in time"),
        Sentence.NOT_REACHED: env._("Chatwoot cannot be reached"),
        Sentence.BROKE_OFF: env._("The connection to Chatwoot broke off"),
        Sentence.NO_ADDRESS: env._("Chatwoot's address is not one that can be called"),
        Sentence.UNEXPECTED: env._("Chatwoot's answer has not the form it should have"),
        Sentence.TOO_LARGE: env._("Chatwoot's answer is larger than any it gives"),
        Sentence.NO_ID: env._("Chatwoot took the message and did not say its id"),
    }
