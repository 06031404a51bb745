"""How commands tell what became of a file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciliation.models import SetAside, StatementFile
from reconciliation.states import FILE_USABLE, FileState


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a line, or with the file as a whole."""

    line: int | None
    column: str
    code: str
    text: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.code}: {self.text}"


@dataclass(frozen=True, slots=True)
class Imported:
    """One file of a command, whether it was taken or not."""

    name: str
    family: str | None
    state: FileState
    rows: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    already_stored: bool = False

    @property
    def is_usable(self) -> bool:
        return self.state in FILE_USABLE

    @property
    def members(self) -> dict[str, object]:
        """The same as JSON."""
        problems = [
            {"line": each.line, "column": each.column, "code": each.code, "text": each.text}
            for each in self.troubles
        ]
        return {
            "name": self.name,
            "family": self.family,
            "state": self.state.value,
            "rows": self.rows,
            "problems": problems,
            "already_stored": self.already_stored,
        }

    def __str__(self) -> str:
        again = ", stored before" if self.already_stored else ""
        lines = "1 line" if self.rows == 1 else f"{self.rows} lines"
        head = f"{self.name}: {self.state.value}, {lines}{again}"
        return "\n".join((head, *(f"  {trouble}" for trouble in self.troubles)))


def as_json(results: Sequence[Imported]) -> str:
    """One array."""
    return json.dumps([result.members for result in results], ensure_ascii=False, indent=2)


def imported(file: StatementFile, *, name: str, already_stored: bool) -> Imported:
    """A file that was stored, with everything that is wrong with it."""
    return Imported(
        name=name,
        family=file.family or None,
        state=FileState(file.state),
        rows=file.row_count,
        troubles=[*_of_file(file), *map(_of_line, file.set_aside.all())],
        already_stored=already_stored,
    )


def _of_file(file: StatementFile) -> list[Trouble]:
    text = file.problem or file.last_answer
    if not text:
        return []
    return [Trouble(file.problem_line, "", file.state, _with_shown(text, file.problem_shown))]


def _of_line(line: SetAside) -> Trouble:
    return Trouble(line.line_number, line.column, line.code, _with_shown(line.reason, line.shown))


def _with_shown(sentence: str, shown: str) -> str:
    return f"{sentence} ({shown})" if shown else sentence
