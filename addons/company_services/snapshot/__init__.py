"""The snapshot of a company, as plain values: shaping it, posting it, judging the answer. No Odoo in here."""
