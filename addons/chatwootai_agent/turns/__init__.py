"""A turn from its beginning to its end: the steps the answering jobs take, each a short transaction of its own."""
