"""The rows of the table. A row has a number, a name, and a function that
takes a Bench and gives what it measured."""
import dataclasses
import typing

from measure import median


@dataclasses.dataclass
class Result:
    """What is printed of both, their ratio, and a remark."""
    ours: str
    other: str
    ratio: float
    note: str = ""


@dataclasses.dataclass
class Row:
    number: str
    name: str
    title: str              # what is measured
    against: str            # what it is measured against
    goal: float
    run: typing.Callable
    at_least: bool = False  # the ratio is to be no less than the goal

    def is_met(self, ratio):
        return ratio >= self.goal if self.at_least else ratio <= self.goal


def milliseconds(nanoseconds):
    value = nanoseconds / 1e6
    return f"{value:.0f} ms" if value >= 100 else f"{value:.2f} ms"


def of_times(ours, other):
    """The result of two lists of nanoseconds, taken in turn."""
    a, b = median(ours), median(other)
    return Result(milliseconds(a), milliseconds(b), a / b,
                  f"n={len(ours)}")
