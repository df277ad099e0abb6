"""One build spread over the ops of one run: the lock, the record and what one op hands the next.

Belongs here: the resource that holds a build open from the first op to the end of the run, and the
translation of the build's errors and progress. Does not belong here: the phases (`build`) or what
becomes an asset (`assets`).

The build lock belongs to a process, so every op of a run shares one: the jobs use the in-process
executor. A process that dies takes the lock with it.
"""

# Dagster reads the annotations of resources at run time, so they are not postponed here.

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from dagster import ConfigurableResource, DagsterLogManager, Failure, InitResourceContext
from pydantic import PrivateAttr

from orchestration.errors import LifecycleError
from orchestration.pipeline.build import OpenBuild, open_build
from orchestration.pipeline.dbt_run import BuildIdentity, DbtRun
from orchestration.pipeline.expectations import Finding
from orchestration.pipeline.gate import GatePass
from orchestration.pipeline.versions import Published
from orchestration.rules.rule_set import RuleSet
from orchestration.settings.request import BuildRequest

T = TypeVar("T")
# A line for each fiftieth model keeps a long build visible and the event log small.
_EVERY = 50


@dataclass
class Handover:
    """What the ops of one run have made so far."""

    opened: OpenBuild
    teller: "OpProgress"
    rules: RuleSet | None = None
    identity: BuildIdentity | None = None
    run: DbtRun | None = None
    findings: Sequence[Finding] = field(default_factory=tuple[Finding, ...])
    gate_pass: GatePass | None = None
    published: Published | None = None


class BuildSession(ConfigurableResource[Any]):
    """The build of a run. `begin` takes the lock; the end of the run gives it back."""

    _held: AbstractContextManager[OpenBuild] | None = PrivateAttr(default=None)
    _handover: Handover | None = PrivateAttr(default=None)
    _error: BaseException | None = PrivateAttr(default=None)

    def begin(self, request: BuildRequest, log: DagsterLogManager) -> Handover:
        """Take the build lock and open the record of the build."""
        teller = OpProgress(log)
        held = open_build(request, teller)
        self._handover = Handover(held.__enter__(), teller)
        self._held = held
        return self._handover

    @contextmanager
    def phase(self) -> Generator[None]:
        """Run a phase: an error a user can act on fails the op with its sentences alone."""
        try:
            yield
        except LifecycleError as error:
            self._error = error
            raise Failure(description=str(error), allow_retries=False) from None
        except BaseException as error:
            self._error = error
            raise

    def handover(self, log: DagsterLogManager) -> Handover:
        """Return what earlier ops of this run made; what is told from now on goes to `log`.

        Raises:
            Failure: the op was launched without those before it.
        """
        if self._handover is None:
            raise Failure(description=NOT_ALONE, allow_retries=False)
        self._handover.teller.log = log
        return self._handover

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Give the lock back and write how the build ended."""
        del context
        held, self._held = self._held, None
        if held is None or self._handover is None:
            return
        error = self._error
        if error is None and self._handover.published is None:
            error = LifecycleError("The run ended before it had published.")
        if error is None:
            held.__exit__(None, None, None)
        else:
            _leave(held, error)


class OpProgress:
    """Tells Dagster's log what a phase is doing."""

    def __init__(self, log: DagsterLogManager) -> None:
        """Write to the log of an op, until another one takes over."""
        self.log = log

    def begin(self, phase: str) -> None:
        """Say nothing: the step's own event tells it."""

    def step(self, done: int, total: int, label: str) -> None:
        """Tell of one in so many things done."""
        if done % _EVERY == 0:
            self.log.info(f"{done:,} of {total:,}: {label}")

    def note(self, text: str) -> None:
        """Pass on what somebody should read."""
        self.log.warning(text)

    def end(self, phase: str, summary: str, seconds: float) -> None:
        """Tell what the phase came to."""
        self.log.info(f"{phase}: {summary} ({seconds:.1f} s)")


NOT_ALONE = (
    "The build is made as a whole, in one process: ingest, dbt, gate, publish. "
    "Launch the job daily_build or rebuild; a part of it, or a retry from the failed step, "
    "would publish what nobody has judged."
)


def needed(made: T | None) -> T:
    """Return what an earlier op must have made in this run.

    Raises:
        Failure: it did not.
    """
    if made is None:
        raise Failure(description=NOT_ALONE, allow_retries=False)
    return made


def _leave(held: AbstractContextManager[OpenBuild], error: BaseException) -> None:
    """Leave the block as the error would have; it has been reported already."""
    trace: TracebackType | None = error.__traceback__
    try:
        held.__exit__(type(error), error, trace)
    except BaseException as again:
        if again is not error:
            raise
