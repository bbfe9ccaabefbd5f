"""What went wrong in stores, tools and the audit, in the language of the people who read of it.

Those errors are sentences in English: models, MCP clients and the log get them as they are. Where people read them
(notes in Chatwoot, alerts, the screens of knowledge and turns) they are said here, in the company's language; a
sentence that is not known stays as it is. What is between %( and )s is what the error filled in.
"""

import re

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)
_FILLED_IN = re.compile(r"%\((\w+)\)s")

_SENTENCES = (
    # stores
    _lt("Redis can't be used now (%(error)s)."),
    _lt("MongoDB can't be used now (%(error)s)."),
    _lt("The configuration is being replaced by too many senders at once; try again."),
    _lt("The rules are being replaced faster than they can be read; try again."),
    _lt("The documents' directory can't be written: %(error)s."),
    _lt("The documents can't be read or written: %(error)s."),
    _lt("Qdrant can't be reached now."),
    _lt("Qdrant refused the key; check qdrant_api_key."),
    _lt("Qdrant can't be used now (status %(status)s)."),
    _lt("Nothing is indexed in the collection %(collection)s yet."),
    _lt("The vectors' directory can't be written."),
    _lt("The vectors' directory can't be used: %(error)s."),
    _lt("The embedded vectors are held by another process; stop it, or set qdrant_url to share a Qdrant server."),
    _lt("The embedded vectors serve the one process that opened them; set qdrant_url to use several workers."),
    _lt("The embedded vectors were closed."),
    _lt("The embedded vectors failed: %(error)s."),
    _lt("The metadata of the collection %(collection)s can't be read: %(error)s."),
    _lt("The embedding model did not answer in time."),
    _lt("The embedding model can't be reached."),
    _lt("The embedding model refused the key."),
    _lt("The embedding model answered with status %(status)s."),
    _lt("The embedding model answered with something else than embeddings."),
    _lt("The embedding model answered %(count)s embeddings for %(texts)s texts."),
    _lt("The embedding model's answer can't be used. %(error)s"),
    # tools that the agents look things up with, and the orchestrator
    _lt("The query has no words to look for; name the product, its kind or its code."),
    _lt("There is no customer with the id %(number)s."),
    _lt(
        "There is no %(what)s for this account yet. Fill in the company's profile in Odoo and press Synchronise"
        " (agent_config: save the agents' settings)."
    ),
    _lt("The call took longer than %(seconds)s seconds and was stopped; ask for less."),
    _lt("The call took too long and was stopped; narrow the search."),
    _lt("Others are changing the same records; try again."),
    _lt("The database %(name)s cannot be an account: rename it to an account_id."),
    _lt("The Odoo user of this key has no right to do this with these records."),
    _lt("The record does not exist, or was deleted meanwhile."),
    _lt("The database refused the call; the operator finds why in the log under %(reference)s."),
    _lt("The call failed unexpectedly; the operator finds why in the log under %(reference)s."),
    _lt(
        "The limit of %(limit)s calls at once of this account is reached; try again in 1 second, or ask the operator to"
        " raise it."
    ),
    _lt(
        "The limit of %(limit)s calls a minute of this account is reached; try again in 1 second, or ask the operator"
        " to raise it."
    ),
    _lt(
        "The limit of %(limit)s calls a minute of this account is reached; try again in %(seconds)s seconds, or ask the"
        " operator to raise it."
    ),
    _lt("This lookup does not work at the moment."),
    _lt("No more lookups in this conversation turn: answer with what you have."),
    _lt("Wrong arguments: %(error)s"),
    # alerts that are raised where no language is known
    _lt("Wrong credentials again and again"),
    _lt(
        "Last from %(address)s at %(route)s. A client with an old key looks like this too; if it is nobody you know,"
        " have the address blocked in the proxy."
    ),
    _lt("A key of this account was used at another account's address"),
    _lt("The key %(key)s was used from %(address)s."),
    # what the check of the audit finds
    _lt("removed"),
    _lt("removed, and those up to %(last)s"),
    _lt("changed: what it says is not what was written"),
    _lt("changed: its seal does not follow from the row before it"),
    _lt("changed: its seal is not the one that was noted down"),
    _lt("changed: the chain's %(end)s is not what was written"),
    _lt("its key is gone"),
    _lt("its key can't be read with the server's secret_key"),
    _lt("%(count)s rows are not sealed"),
    _lt("%(count)s rows are older than what retention has taken away"),
)


def _pattern(source):
    """The sentence as it is found, what was filled in by its name."""
    words = _FILLED_IN.split(source)
    parts = [re.escape(word) if place % 2 == 0 else f"(?P<{word}>.+)" for place, word in enumerate(words)]
    return re.compile("".join(parts), re.DOTALL)


_PATTERNS = [(_pattern(sentence._source), sentence) for sentence in _SENTENCES]


def in_words(env, said):
    """The sentence in the language of the environment."""
    for pattern, sentence in _PATTERNS:
        if match := pattern.fullmatch(said):
            words = env._(sentence)
            return words % match.groupdict()
    return said
