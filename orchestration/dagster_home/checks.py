"""The checks that are not dbt tests: the gate's verdict, plausibility, freshness.

Belongs here: check specs and what their results say. Does not belong here: the judgements
themselves (`gate`, `expectations`), or dbt tests (`dbt_events`).
"""

# Dagster reads the annotations of checks at run time, so they are not postponed here.

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    asset_check,
)

from orchestration.pipeline.expectations import SUITE, Finding
from orchestration.pipeline.versions import current_version
from orchestration.rules.rule_set import RuleSet
from orchestration.settings.request import read_dagster_settings

GATE = AssetKey("gate")
VERDICT = "nothing_speaks_against_publishing"
FRESH = "is_fresh"


def expectation_names(rules: RuleSet) -> dict[str, str]:
    """Return the rationale of each expectation of the merged seeds, in their order."""
    return {row["expectation"]: row["rationale"] for row in rules.seeds["expectations.csv"].rows}


def gate_check_specs(expectations: Mapping[str, str]) -> list[AssetCheckSpec]:
    """Return the verdict and one blocking check per plausibility band."""
    verdict = "Every reason not to publish that the gate has found; there must be none."
    return [
        AssetCheckSpec(VERDICT, asset=GATE, description=verdict, blocking=True),
        *(
            AssetCheckSpec(name, asset=GATE, description=rationale, blocking=True)
            for name, rationale in expectations.items()
        ),
    ]


def gate_results(
    expectations: Mapping[str, str], findings: Sequence[Finding], reasons: str
) -> Iterator[AssetCheckResult]:
    """Yield the verdict and the result of every band.

    Args:
        expectations: rationale by expectation, one for each declared check.
        findings: what the suite found; a declared band without one has failed.
        reasons: the sentences of a closed gate; blank for an open one.
    """
    by_name = {finding.expectation: finding for finding in findings}
    yield AssetCheckResult(
        passed=not reasons,
        asset_key=GATE,
        check_name=VERDICT,
        metadata={"finding": reasons or "Nothing speaks against publishing."},
    )
    for name in expectations:
        finding = by_name.get(name) or _not_judged(name, by_name.get(SUITE), bool(reasons))
        warns = finding.severity == "warn"
        yield AssetCheckResult(
            passed=finding.passed,
            asset_key=GATE,
            check_name=name,
            severity=AssetCheckSeverity.WARN if warns else AssetCheckSeverity.ERROR,
            description=finding.sentence,
            metadata={
                "finding": finding.sentence,
                **{item or "value": value for item, value in finding.values.items()},
            },
        )


def freshness_check(published: AssetKey) -> AssetChecksDefinition:
    """Return the check that the published version is young enough; the only one with a clock."""

    @asset_check(
        asset=published,
        name=FRESH,
        description="The published version is younger than LIFECYCLE_FRESHNESS_HOURS.",
    )
    def is_fresh() -> AssetCheckResult:
        settings = read_dagster_settings()
        version = current_version(settings.state)
        return judge_freshness(version, settings.freshness_hours, datetime.now(UTC))

    return is_fresh


def judge_freshness(version: str | None, hours: int, now: datetime) -> AssetCheckResult:
    """Return whether a version, whose name begins with its UTC time, is at most `hours` old."""
    made_at = version_time(version) if version else None
    if made_at is None:
        said = "Nothing has been published yet."
        return AssetCheckResult(passed=False, description=said, metadata={"finding": said})
    age = (now - made_at).total_seconds() / 3600
    said = f"The published version {version} is {age:.1f} hours old; {hours} are allowed."
    return AssetCheckResult(
        passed=age <= hours,
        description=said,
        metadata={
            "finding": said,
            "age_hours": round(age, 2),
            "stale_since": made_at.isoformat(timespec="seconds"),
        },
    )


def version_time(version: str) -> datetime | None:
    """Return the UTC time that the name of a version begins with, None if it has none."""
    try:
        return datetime.strptime(version.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _not_judged(name: str, suite: Finding | None, is_closed: bool) -> Finding:
    if suite is not None:
        said = suite.sentence
    elif is_closed:
        said = f'The expectation "{name}" was not judged, since the gate was closed before.'
    else:
        said = f'The expectation "{name}" is not in the rules of this build; reload the code.'
    return Finding(name, False, "error", said, {})
