"""The record of slips in every model (tests/mutation/models.py): complete, and of these models."""

from __future__ import annotations

from dataclasses import replace

from orchestration.settings.paths import DBT_PROJECT_DIR
from tests.mutation.models import (
    NOT_ASKED,
    NOT_TRIED,
    OF_THE_ENGINE,
    Outcome,
    outcomes_of,
    recorded,
    renewed,
    unargued,
)
from tests.mutation.plants import candidates
from tests.mutation.slips import Slip, slipped
from tests.mutation.spoilt import LATE, SAME

SQL = """-- where this is a comment <= nothing
select
    first.day,
    sum(first.amount) over (order by first.day rows between 1 preceding and current row) as two
from first
inner join second
    on first.day = second.day
where first.day <= second.day
    and first.amount > 0"""


def test_every_model_has_a_line_that_tells_of_a_slip_or_that_none_was_tried() -> None:
    files = (DBT_PROJECT_DIR / "models").rglob("*")
    models = {path.stem for path in files if path.suffix in {".sql", ".py"}}
    told = {one.model for one in recorded()}
    assert told | OF_THE_ENGINE == models
    assert not told & OF_THE_ENGINE


def test_of_every_model_a_slip_was_seen() -> None:
    lines = recorded()
    assert not {one.model for one in lines} - {one.model for one in lines if one.seen_by}


def test_a_line_is_a_slip_that_was_seen_or_says_why_nobody_sees_it() -> None:
    assert not [*map(str, unargued(recorded()))]
    for one in recorded():
        assert not (one.seen_by and one.reason), one
        assert one.right, one
        assert one.right != one.wrong, one


def test_a_slip_that_nobody_sees_needs_more_than_an_excuse() -> None:
    slip = Outcome("a", "filter", "x", "y", "")
    seen, argued = replace(slip, seen_by="law"), replace(slip, reason="nobody reads it")
    late, untried = replace(slip, reason=NOT_ASKED), replace(slip, reason=NOT_TRIED)
    assert unargued([seen, slip, argued, late, untried]) == [slip, late, untried]


def test_slips_are_lines_of_every_kind_and_never_of_a_comment() -> None:
    found = [slip for _, slip in candidates("model", SQL)]
    written = {(slip.right, slip.wrong) for slip in found}
    assert ("where first.day <= second.day", "where true") in written
    assert ("where first.day <= second.day", "where first.day < second.day") in written
    assert ("inner join second", "left join second") in written
    assert ("and first.amount > 0", "and true") in written
    assert any("0 preceding" in slip.wrong for slip in found)
    assert not any("comment" in slip.right for slip in found)
    assert all(slipped(SQL, slip) != SQL for slip in found)


def test_slips_are_tried_until_one_is_seen_and_those_before_it_are_told() -> None:
    answers = iter((SAME, "", LATE, "law of something", "never asked"))
    told = [*outcomes_of("model", SQL, [], lambda _: next(answers), 1)]
    assert [one.seen_by for one in told] == ["", "", "law of something"]
    assert [one.reason for one in told] == ["", "not every law was asked", ""]


def test_slips_of_the_record_are_all_tried_again_before_another_unless_their_line_is_gone() -> None:
    joined = Outcome("model", "join", "inner join second", "left join second", "law")
    filtered = Outcome("model", "filter", "and first.amount > 0", "and true", "law")
    old = [
        joined,
        replace(joined, right="cross join second"),
        replace(joined, model="other"),
        filtered,
    ]
    told = [*outcomes_of("model", SQL, old, lambda _: "law", 1)]
    assert told == [joined, filtered]
    answers = iter(("", "", "law"))
    told = [*outcomes_of("model", SQL, old, lambda _: next(answers), 1)]
    assert [one.seen_by for one in told] == ["", "", "law"]
    assert [one.right for one in told[:2]] == [joined.right, filtered.right]
    assert told[2].right not in {joined.right, filtered.right}


def test_lines_of_other_models_stay_and_a_reason_stays_with_its_slip() -> None:
    slip = Slip("b", "x", "y")
    argued = Outcome("b", "filter", slip.right, slip.wrong, "", "no row is of that kind")
    old = [Outcome("a", "filter", "x", "y", "law"), argued, Outcome("gone", "join", "x", "y", "")]
    again = Outcome("b", "filter", slip.right, slip.wrong, "")
    lines = {one.model: one for one in renewed(old, [again], ("a", "b", "c"))}
    assert lines == {"a": old[0], "b": argued, "c": Outcome("c", "", "", "", "", NOT_TRIED)}
