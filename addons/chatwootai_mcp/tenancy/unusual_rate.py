"""Whether an hour had far more calls than a tenant's own past would let expect."""

from collections.abc import Sequence
from statistics import median

_FEW = 100  # calls an hour that nobody need look at, whatever the past
_DAYS = 5  # of a past shorter than this nothing can be said
_SPREADS = 6  # how far beyond the usual spread
_TIMES = 3  # and how many times the usual


def unusual(count: int, past: Sequence[int]) -> int | None:
    """The usual number, if the count is far beyond it.

    By the median and the median distance from it: a single wild day in the past neither hides nor makes one.

    :param past: the counts of the same hour on earlier days
    """
    if count < _FEW or len(past) < _DAYS:
        return None
    usual = median(past)
    spread = 1.4826 * median(abs(each - usual) for each in past)  # of a normal distribution, its standard deviation
    return round(usual) if count > max(usual + _SPREADS * spread, _TIMES * usual) else None
