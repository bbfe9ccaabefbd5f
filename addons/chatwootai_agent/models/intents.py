"""What a customer may want, in words: the crews' intents as people read them in lists, forms and graphs."""

from ..crews.goodbye import CLOSING
from ..crews.intent import PERSON, SPECIALISTS

_NAMES = {
    "sales": "Sales",
    "support": "Support",
    "scheduling": "Scheduling",
    "delivery": "Delivery",
}

#: What may be handed over, and what a turn may be about.
INTENTS = [*((name, _NAMES[name]) for name in SPECIALISTS), (PERSON, "A person")]
INTENTS_OF_TURNS = [*INTENTS, (CLOSING, "Goodbye")]
