"""Errors a user can act on, and nothing else.

Belongs here: exception classes whose message is one sentence (or one sentence per problem) that
names the file, the line and the way out, with the exit code the command line leaves with.
Does not belong here: anything that decides whether something is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_BUSY = 75  # EX_TEMPFAIL of sysexits.h: try again later


class LifecycleError(Exception):
    """A failure that the command line prints as its message, without a traceback."""

    exit_code: int = EXIT_FAILED


class SettingsError(LifecycleError):
    """A var, option or environment variable that is unknown or out of its range."""

    exit_code = EXIT_USAGE


class RulesError(LifecycleError):
    """Rows of the rule seeds that cannot be run; holds one sentence per problem.

    Attributes:
        problems: every problem found, each one sentence with the seed file and line.
    """

    exit_code = EXIT_USAGE

    def __init__(self, problems: Iterable[str]) -> None:
        """Join the problems into one message, a line for each."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class InputError(LifecycleError):
    """A landing directory or file that cannot be taken as a whole."""

    exit_code = EXIT_USAGE


class BuildBusyError(LifecycleError):
    """Another process holds the build lock of the state directory."""

    exit_code = EXIT_BUSY


class StateDirError(LifecycleError):
    """The state directory cannot be read or written."""


class WarehouseError(LifecycleError):
    """The dbt run did not come to an end that can be judged."""


class GateClosedError(LifecycleError):
    """The gate found reasons not to publish; holds one sentence per reason.

    Attributes:
        reasons: every reason, each one sentence.
    """

    def __init__(self, reasons: Iterable[str]) -> None:
        """Join the reasons into one message, a line for each."""
        self.reasons = tuple(reasons)
        super().__init__("Nothing was published.\n" + "\n".join(self.reasons))


class PublishError(LifecycleError):
    """The published directory could not be changed; what was published stays as it was."""


class UnknownSubjectError(LifecycleError):
    """The published marts hold no such subject."""


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.4) -> str:
    """Return a hint such as `; did you mean "lead"?` for the known name nearest to `name`.

    The hint is empty when nothing is near. Comparison ignores case.
    """
    by_folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=cutoff)
    return f'; did you mean "{by_folded[close[0]]}"?' if close else ""


def sentence(text: str) -> str:
    """Return the text closed with a full stop, unless it is closed already."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def shown(text: str, longest: int = 80) -> str:
    """Return a user's text in quotes, shortened and with control characters escaped."""
    clean = escaped(text)
    return f'"{clean[:longest]}…"' if len(clean) > longest else f'"{clean}"'


def escaped(text: str) -> str:
    """Return a text in which each character that a terminal might obey is written out."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def first_line(said: object) -> str:
    """Return the first line of a message without its full stop, for use inside a sentence.

    An exception that says nothing is told by its name.
    """
    lines = str(said).strip().splitlines()
    if lines:
        return lines[0].strip().rstrip(".")
    return type(said).__name__ if isinstance(said, BaseException) else "no message"
