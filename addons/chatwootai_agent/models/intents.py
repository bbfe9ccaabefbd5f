"""What a customer may want, in words: the crews' intents as people read them in lists, forms and graphs."""

from ..crews.intent import PERSON, SPECIALISTS

_NAMES = {
    "sales": "Sales",
    "support": "Support",
    "scheduling": "Scheduling",
    "delivery": "Delivery",
}

INTENTS = [*((name, _NAMES[name]) for name in SPECIALISTS), (PERSON, "A person")]
