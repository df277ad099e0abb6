"""Conditions of segments that cannot be evaluated are refused, with file and line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from orchestration.errors import RulesError
from orchestration.rules.rule_set import read_rules


def problems(folder: Path, **patches: str) -> str:
    for name, text in patches.items():
        (folder / f"{name}.patch.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        read_rules(folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("order,at_least,3", 'customers has no column "order"; did you mean "orders"?'),
        ("orders,least,3", 'the operator "least" is unknown'),
        ("last_order_on,below,3", "last_order_on is a date; take a column that counts days"),
        ("orders,at_least,", "at_least needs an operand"),
        ("orders,at_least,3.50", '"3.50" is no plain number, such as 12 or 0.5'),
        ("orders,in,3|x", '"x" is no plain number'),
        ("health,at_least,3", "at_least needs a number, and health is a varchar"),
        ("orders,is_known,3", 'is_known takes no operand; leave "3" out'),
        ("marketing_consent,equals,yes", 'marketing_consent is true or false, not "yes"'),
    ],
)
def test_a_condition_that_cannot_be_evaluated_is_refused(
    tmp_path: Path, condition: str, said: str
) -> None:
    header = "segment,condition_no,column_name,operator,operand\n"
    told = problems(tmp_path, segment_conditions=f"{header}vip,2,{condition}\n")
    assert said in told
    assert "segment_conditions.patch.csv line 2" in told


def test_a_segment_has_a_condition_and_a_condition_its_segment(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        segments="segment,title,rationale,is_persona\nquiet,Quiet,They say nothing.,false\n",
        segment_conditions="segment,condition_no,column_name,operator,operand\nvipp,1,orders,below,3\n",
    )
    assert 'the segment "quiet" has no condition' in told
    assert 'the segment "vipp" is unknown; did you mean "vip"?' in told


def test_ten_segments_and_four_personas_are_shipped() -> None:
    rows = read_rules(None).seeds["segments.csv"].rows
    assert Counter(row["is_persona"] for row in rows) == {"false": 10, "true": 4}
