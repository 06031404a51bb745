"""State machines as tables: a state, and the states it may become."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

State = TypeVar("State", bound=Enum)


class MoveRefused(Exception):
    """A move that is not in the machine's table."""

    def __init__(self, machine: str, current: str, target: str) -> None:
        super().__init__(f"{machine} cannot go from {current} to {target}")
        self.machine = machine
        self.current = current
        self.target = target


@dataclass(frozen=True, slots=True)
class Machine(Generic[State]):
    """The permitted moves of one kind of thing; states without moves are final."""

    name: str
    moves: Mapping[State, frozenset[State]]

    def permits(self, current: State, target: State) -> bool:
        return target in self.moves.get(current, frozenset())

    def check(self, current: State, target: State) -> None:
        """Raise MoveRefused unless the table permits the move."""
        if not self.permits(current, target):
            raise MoveRefused(self.name, str(current.value), str(target.value))

    def is_final(self, state: State) -> bool:
        return not self.moves.get(state)
