from collections import defaultdict
from datetime import date
from itertools import groupby
from operator import attrgetter

from firstlight.surveillance.files.numbers import Number, Reading
from firstlight.surveillance.files.refusal import Complaints, refuse
from firstlight.surveillance.rules import Mark, Measure, Unit, marks_of


def checked(reading: Reading, unit: Unit) -> Reading:
    """The reading with falling and negative counts marked; raises Refused for a day that comes twice."""
    if not reading.numbers:
        raise refuse(0, "The file has a header and not one number.")
    wrong = Complaints()
    series: dict[tuple[str, Measure], list[Number]] = defaultdict(list)
    for number in reading.numbers:
        series[number.place, number.measure].append(number)
    numbers = [number for each in series.values() for number in _marked(each, unit, wrong)]
    wrong.settle()
    return reading._replace(numbers=numbers)


def _marked(series: list[Number], unit: Unit, wrong: Complaints) -> list[Number]:
    series = sorted(series, key=attrgetter("day", "line"))
    latest: dict[date, int] = {}
    for day, group in groupby(series, key=attrgetter("day")):
        same = list(group)
        latest[day] = same[-1].value
        moments = [each.known_at for each in same]
        if len(set(moments)) < len(same):
            first, second = same[0], same[-1]
            where = f"on line {first.line} too" if first.line != second.line else "twice"
            wrong.add(second.line, f"{first.measure.value} of {first.place} on {first.label.isoformat()} stand {where}")
            break
    marks = marks_of(latest, unit)
    return [each._replace(marks=each.marks | marks.get(each.day, Mark.NONE)) for each in series] if marks else series
