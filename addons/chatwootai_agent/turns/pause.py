"""How long an answer waits for what the customer still writes."""

LONGEST_PAUSE = 20  # seconds; an inbox may set less
