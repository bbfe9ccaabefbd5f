"""A model without a mind, at no cost: it repeats the marks of the messages it is asked to answer.

Each message of these tests carries a mark, ``#m17#`` say; so an answer tells which messages it answers.
"""

import json
import re

from demo.model.choosing import Say
from demo.model.task import read

MARK = re.compile(r"#(\w+)#")
PERSON = "pessoa"
LONG = "longa"
PARTS = [f"Parte {number}. " + " ".join(["Texto que continua."] * 60) for number in range(1, 9)]
_SEVERAL_PARTS = "\n\n" + "\n\n".join(PARTS)


def marks(text):
    return MARK.findall(text or "")


def echo(request):
    task = read(request)
    if task.classification is None:
        answered = " ".join(f"#{mark}#" for mark in marks(task.question))
        return Say(f"Recebido: {answered}" + (_SEVERAL_PARTS if LONG in task.question else ""))
    names = [choice.name for choice in task.classification.choices]
    name = "person" if PERSON in task.question else "support"
    return Say(json.dumps({task.classification.key: name if name in names else names[0], "confidence": 1}))
