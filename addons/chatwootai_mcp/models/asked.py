"""What a person asks of another server, by a button: a job asks it, in a channel that no other work fills.

The record's state says at once that it is under way, the widget `chatwootai_watch` shows the end, and whoever asked is
told of it wherever they are by then.
"""


def for_reader(records, user_id):
    """The records in the language of whoever asked."""
    return records.with_context(lang=records.env["res.users"].browse(user_id).lang)


def tell(env, user_id, works, title, message):
    """To be said in the transaction that writes the result."""
    env["res.users"].browse(user_id)._bus_send(
        "simple_notification",
        {"type": "success" if works else "danger", "sticky": not works, "title": title, "message": message},
    )
