"""How the agents answer on a connection: the pause in which they wait for the rest of what a customer is writing."""

from odoo import fields, models

LONGEST_PAUSE = 20


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    pause_seconds = fields.Integer(
        "Pause before answering",
        required=True,
        default=4,
        help="Seconds to wait after a message for another one: what a customer writes in one go is answered together.",
    )

    _sensible_pause = models.Constraint(
        f"CHECK(pause_seconds BETWEEN 0 AND {LONGEST_PAUSE})", "The pause is between 0 and 20 seconds."
    )
