"""The space of all situations that a guideline can meet, written as clauses for a SAT solver (PySAT)."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from pysat.solvers import Solver

from firstlight.guidance.rules.conditions import Among, Between, Condition, Every, Opposite, Some, stretches
from firstlight.guidance.rules.facts import implications
from firstlight.guidance.rules.guideline import Guideline
from firstlight.guidance.rules.inputs import Input, shared_inputs

Answer = tuple[str, str]
"""An input's name and one of its values; a number's value is the lowest of a stretch that no condition tells apart."""


class Space:
    """Every combination of answers; `inside` is true for those of the population that do not contradict themselves.

    `asked` are the literals of answers that the guideline itself looks at; the others only say what follows from them.
    """

    def __init__(self, guideline: Guideline) -> None:
        self.solver = Solver("glucose4")
        self.answers = dict[Answer, int]()
        self._literals = dict[Condition, int]()
        self._last = 0
        self._lows = {each.name: stretches(each, guideline.conditions) for each in guideline.inputs if each.is_number}
        inputs = {**shared_inputs(), **{each.name: each for each in guideline.inputs}}
        self.rivals = list[list[int]]()
        for each in inputs.values():
            self._add_input(each)
        names = {each.name for each in guideline.inputs}
        self.asked = {literal for (name, _value), literal in self.answers.items() if name in names}
        self.inside = self.all_of([self.literal(guideline.population), *self._implications()])

    def _implications(self) -> Iterator[int]:
        for inference in implications():
            for answer in inference.then.items():
                yield self.any_of([-self.literal(inference.when), self.answers[answer]])

    def _add_input(self, each: Input) -> None:
        """Exactly one of its answers."""
        names = [str(low) for low in self._lows.get(each.name, [each.low])] if each.is_number else each.names
        literals = [self._new() for _name in names]
        self.answers.update(zip(((each.name, name) for name in names), literals, strict=True))
        self.solver.add_clause(literals)
        for one, other in combinations(literals, 2):
            self.solver.add_clause([-one, -other])
            self.rivals.append([one, other])

    def _new(self) -> int:
        self._last += 1
        return self._last

    def literal(self, condition: Condition) -> int:
        """A literal that is true exactly where the condition is (Tseitin's encoding)."""
        if condition not in self._literals:
            self._literals[condition] = self._encode(condition)
        return self._literals[condition]

    def _encode(self, condition: Condition) -> int:
        match condition:
            case Among(input=name, values=values):
                return self.any_of([self.answers[name, value] for value in values])
            case Between(input=name, low=low, high=high):
                return self.any_of([self.answers[name, str(each)] for each in self._lows[name] if low <= each <= high])
            case Opposite(part=part):
                return -self.literal(part)
            case Some(parts=parts):
                return self.any_of([self.literal(each) for each in parts])
            case Every(parts=parts):
                return self.all_of([self.literal(each) for each in parts])

    def any_of(self, literals: list[int]) -> int:
        """A literal that is true where one of these is."""
        return -self.all_of([-each for each in literals])

    def all_of(self, literals: list[int]) -> int:
        """A literal that is true where all of these are."""
        if len(literals) == 1:
            return literals[0]
        whole = self._new()
        for each in literals:
            self.solver.add_clause([-whole, each])
        self.solver.add_clause([whole, *(-each for each in literals)])
        return whole

    def is_possible(self, literals: Iterable[int]) -> bool:
        """Whether some answers make all of them true."""
        return bool(self.solver.solve(assumptions=list(literals)))

    def answers_found(self) -> list[int]:
        """Literals of the answers that were found last."""
        true = set(self.solver.get_model())
        return [literal for literal in self.answers.values() if literal in true]

    def enough(self, literals: Iterable[int], wrong: int) -> list[int]:
        """Of literals that cannot stand beside a wrong one, as few as still cannot; none of them can be left out."""
        needed = list(literals)
        self.is_possible([wrong, *needed])
        core = set(self.solver.get_core() or ())
        needed = [each for each in needed if each in core]
        for each in tuple(needed):
            fewer = [other for other in needed if other != each]
            if not self.is_possible([wrong, *fewer]):
                needed = fewer
        return needed
