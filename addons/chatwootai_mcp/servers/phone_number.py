"""Telephone numbers compared as people mean them, however they are written.

Brazil added a ninth digit to mobile numbers; WhatsApp still knows many of them without it, so it is left out of the
comparison.
"""

import re

_NOT_DIGIT = re.compile(r"\D")
_BRAZIL = "55"
_MIN, _MAX, _TAIL = 8, 15, 8


def same_number(left: str, right: str, country: str = "") -> bool:
    """Whether both may be the same line. A number without area or country code matches by what it has.

    :param country: calling code of the company's country, meant where a number names none
    """
    (one, one_whole), (other, other_whole) = _national(left, country), _national(right, country)
    if min(len(one), len(other)) < _MIN:
        return False
    if one_whole and other_whole:
        return one == other
    return one.endswith(other) or other.endswith(one)


def digit_pattern(phone: str) -> str | None:
    """A LIKE pattern that every way of writing the number matches, or None when it is no telephone number."""
    digits = _digits(phone)
    if not _MIN <= len(digits) <= _MAX:
        return None
    return "%" + "%".join(digits[-_TAIL:]) + "%"


def _digits(phone: str) -> str:
    digits = "".join(str(int(digit)) for digit in _NOT_DIGIT.sub("", phone))
    return digits[2:] if digits.startswith("00") else digits


def _national(phone: str, country: str) -> tuple[str, bool]:
    """The digits that tell the line apart, and whether they are the whole number with its country's code.

    Left out are the company's own country code, the trunk zero and Brazil's ninth digit.
    """
    digits = _digits(phone)
    whole = "+" in phone or phone.strip().startswith("00")
    if country and digits.startswith(country) and len(digits) >= 10 + len(country):
        digits, whole = digits[len(country) :], True
    elif whole:
        return digits, True  # another country's
    digits = digits.lstrip("0")
    if country == _BRAZIL:
        if len(digits) == 11 and digits[2] == "9":
            digits = digits[:2] + digits[3:]
        elif len(digits) == 9 and digits[0] == "9":
            digits = digits[1:]
    return digits, whole
