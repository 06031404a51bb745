"""Named refusals about reports."""

from django.utils.translation import gettext as _


class ReportRefused(Exception):
    """A report that cannot be made as it was asked for; its text is for people."""


class ReportUnknown(ReportRefused):
    """A name that no report of the catalogue has."""

    def __init__(self, name: str, known: list[str]) -> None:
        told = _("There is no report %(name)s; there are %(known)s.")
        super().__init__(told % {"name": name, "known": ", ".join(known)})
        self.name = name


class FilterRefused(ReportRefused):
    """What was asked for makes no filter; ``problems`` are texts by field."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        lines = [f"{name}: {' '.join(texts)}" for name, texts in problems.items()]
        super().__init__(" ".join(lines))
        self.problems = problems


class RowsDisagree(Exception):
    """The rows that were written are not those that were added up: the file is worth nothing."""

    def __init__(self, written: int, counted: int) -> None:
        super().__init__(f"{written} rows were written, {counted} were added up")
