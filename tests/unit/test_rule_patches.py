"""A patch changes, adds and deletes rows of a seed; what it cannot do is one sentence."""

import re
from pathlib import Path

import pytest

from orchestration.errors import RulesError
from orchestration.rules.patches import patch_name
from orchestration.rules.rule_set import RuleSet, read_rules
from orchestration.rules.seed_rows import SeedRow
from orchestration.rules.seed_shapes import read_shapes
from orchestration.settings.paths import REPO_ROOT, RULES_DIR

THREE_STAGES = {
    "frameworks.patch.csv": "framework\nhabit\n",
    "framework_stages.patch.csv": (
        "framework,stage,ordinal\nhabit,new_here,1\nhabit,trying_out,2\nhabit,regular,3\n"
    ),
    "stage_rules.patch.csv": (
        "framework,stage,rule\nhabit,new_here,seen\nhabit,trying_out,has_purchased\n"
        "habit,regular,repeat_customer\n"
    ),
}


def rules_of(directory: Path, files: dict[str, str]) -> RuleSet:
    """Return the rules of a directory with these files."""
    directory.mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return read_rules(directory)


def refused(directory: Path, files: dict[str, str]) -> tuple[str, ...]:
    """Return why the rules of these files are refused; they must be."""
    with pytest.raises(RulesError) as error:
        rules_of(directory, files)
    return error.value.problems


def row_of(rules: RuleSet, seed: str, **key: str) -> SeedRow | None:
    """Return the row with these cells; None if there is none."""
    found = [
        row
        for row in rules.seeds[seed].rows
        if all(row[column] == value for column, value in key.items())
    ]
    assert len(found) <= 1
    return found[0] if found else None


def test_a_framework_of_three_stages_is_three_small_files(tmp_path: Path) -> None:
    rules = rules_of(tmp_path / "rules", THREE_STAGES)
    assert rules.frameworks == (*read_rules(None).frameworks, "habit")
    assert rules.default_framework == "discovery_to_advocacy"
    assert rules.overridden == tuple(sorted(THREE_STAGES))
    framework = row_of(rules, "frameworks.csv", framework="habit")
    stage = row_of(rules, "framework_stages.csv", framework="habit", stage="trying_out")
    assert framework is not None
    assert stage is not None
    assert dict(framework.values) == {
        "framework": "habit",
        "subject_type": "person",
        "title": "Habit",
        "is_default": "false",
        "source": "",
    }
    assert dict(stage.values) == {
        "framework": "habit",
        "stage": "trying_out",
        "ordinal": "2",
        "is_optional": "false",
        "label": "Trying out",
        "label_it": "Trying out",
        "description": "Trying out",
    }


def test_the_framework_of_the_readme_is_one(tmp_path: Path) -> None:
    readme = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
    files = re.findall(r"printf '(.*)' > (\S+\.patch\.csv)", readme)
    assert len(files) == 3
    written = {name: text.replace("\\n", "\n") for text, name in files}
    assert "habit" in rules_of(tmp_path / "rules", written).frameworks


@pytest.mark.parametrize("seed", sorted(path.name for path in RULES_DIR.glob("*.csv")))
def test_every_seed_takes_a_patch_of_one_of_its_rows(tmp_path: Path, seed: str) -> None:
    shape = read_shapes(RULES_DIR)[seed]
    shipped = read_rules(None)
    last = shipped.seeds[seed].rows[-1]
    text = [",".join(cells) for cells in (shape.key, ['"' + last[c] + '"' for c in shape.key])]
    patched = rules_of(tmp_path / "rules", {patch_name(seed): "\n".join(text)})
    assert patched.rules_hash == shipped.rules_hash


def test_a_patch_leaves_alone_what_it_does_not_name(tmp_path: Path) -> None:
    patch = "name,value\ntrial_payment_days,9\n"
    rules = rules_of(tmp_path / "rules", {"kpi_windows.patch.csv": patch})
    before = read_rules(None).seeds["kpi_windows.csv"].rows
    after = rules.seeds["kpi_windows.csv"].rows
    changed = [(a.values, b.values) for a, b in zip(before, after, strict=True) if a != b]
    assert len(changed) == 1
    assert changed[0][1] == {**changed[0][0], "value": "9"}


def test_a_blank_cell_empties_what_may_be_empty_and_leaves_what_must_be_filled(
    tmp_path: Path,
) -> None:
    patch = "rule,condition_no,measure,window_days\nreturning_visitor,1,,\n"
    rules = rules_of(tmp_path / "rules", {"rule_conditions.patch.csv": patch})
    row = row_of(rules, "rule_conditions.csv", rule="returning_visitor")
    assert row is not None
    assert (row["measure"], row["window_days"], row["at_least"]) == ("count", "", "2")


def test_a_patch_deletes_a_row(tmp_path: Path) -> None:
    patch = "framework,stage,rule,_delete\nb2b,consideration,trial_active,true\n"
    rules = rules_of(tmp_path / "rules", {"stage_rules.patch.csv": patch})
    assert row_of(rules, "stage_rules.csv", framework="b2b", rule="trial_active") is None
    assert len(rules.seeds["stage_rules.csv"].rows) == 187


def test_a_patch_applies_on_top_of_the_whole_file_beside_it(tmp_path: Path) -> None:
    whole = "source,medium,channel\nmine,,direct\nother,,direct\n"
    patch = "source,channel\nmine,referral\n"
    files = {"channel_map.csv": whole, "channel_map.patch.csv": patch}
    rules = rules_of(tmp_path / "rules", files)
    found = [(row["source"], row["channel"]) for row in rules.seeds["channel_map.csv"].rows]
    assert found == [("mine", "referral"), ("other", "direct")]


@pytest.mark.parametrize(
    ("name", "patch", "sentence"),
    [
        (
            "kpi_windows.patch.csv",
            "name,valu\ntrial_payment_days,9\n",
            'kpi_windows.patch.csv line 1: the column "valu" is unknown; did you mean "value"?',
        ),
        (
            "kpi_windows.patch.csv",
            "value\n9\n",
            'kpi_windows.patch.csv line 1: the column "name" is missing.',
        ),
        (
            "kpi_windows.patch.csv",
            "name,value\ntrial_pay_days,9\n",
            "kpi_windows.patch.csv line 2: unit is blank; write one.",
        ),
        (
            "stage_rules.patch.csv",
            "framework,stage,rule,_delete\nb2b,decision,sen,true\n",
            'stage_rules.patch.csv line 2: there is no row "b2b, decision, sen" to delete; did you '
            'mean "b2b, decision, quote_open"?',
        ),
        (
            "excluded_ids.patch.csv",
            "id,_delete\nnull,yes\n",
            'excluded_ids.patch.csv line 2: _delete must be true or blank, not "yes".',
        ),
        (
            "kpi_targets.patch.csv",
            "kpi,period_grain,dimension,dimension_value,target\n"
            "conversion_rate,month,all,all,0.1\nconversion_rate,month,all,all,0.2\n",
            'kpi_targets.patch.csv line 3: kpi "conversion_rate", period_grain "month", dimension '
            '"all", dimension_value "all" stands already on line 2.',
        ),
        (
            "framework_stages.patch.csv",
            "framework,stage,ordinal\nb2b,decision,2\n",
            'framework_stages.patch.csv line 2: ordinal 2 of "b2b" stands already on line 55 of '
            "framework_stages.csv.",
        ),
    ],
)
def test_a_patch_that_cannot_be_applied_is_one_sentence(
    tmp_path: Path, name: str, patch: str, sentence: str
) -> None:
    assert sentence in refused(tmp_path / "rules", {name: patch})


def test_a_patch_of_no_seed_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "rules", {"health.patch.csv": "key\ndefault\n"})
    assert 'did you mean "health_policy.patch.csv"?' in problem


def test_rows_that_name_what_a_whole_file_lacks_are_one_sentence(tmp_path: Path) -> None:
    own = "framework,subject_type,title,is_default\nhabit,person,Habit,true\n"
    problems = refused(tmp_path / "rules", {"frameworks.csv": own})
    assert problems == (
        "58 rows of framework_stages.csv name 11 frameworks that your frameworks.csv lacks; did "
        "you mean a patch?",
        'frameworks.csv line 2: "habit" has no row in framework_stages.csv.',
        "188 rows of stage_rules.csv name 11 frameworks that your frameworks.csv lacks; did you "
        "mean a patch?",
    )


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "rule_conditions.csv",
            "rule,condition_no,signal,measure,at_least\nseen,1,any,count,1\n",
            "33 rows of rules.csv name 33 rules that your rule_conditions.csv lacks; did you mean "
            "a patch?",
        ),
        (
            "stage_rules.csv",
            "framework,stage,rule\nb2b,awareness,seen\n",
            "57 rows of framework_stages.csv name 57 stages that your stage_rules.csv lacks; did "
            "you mean a patch?",
        ),
        (
            "event_signals.csv",
            "event_name,signal\nArticle Read,content_engagement\n",
            "signals that your event_signals.csv lacks; did you mean a patch?",
        ),
        (
            "kpi_windows.csv",
            "name,value,unit,rationale\ntrial_payment_days,9,days,x\n",
            "windows that the build reads are missing, such as",
        ),
    ],
)
def test_whatever_a_whole_file_lacks_is_told_together(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    problems = refused(tmp_path / "rules", {name: text})
    assert any(sentence in problem for problem in problems)
    assert len(problems) <= 3


def test_a_few_lacks_are_told_one_by_one(tmp_path: Path) -> None:
    patch = "framework,stage,rule\nb2b,decision,sen\nb2b,decision,bought\n"
    problems = refused(tmp_path / "rules", {"stage_rules.patch.csv": patch})
    assert problems[0].startswith('stage_rules.patch.csv line 2: the rule "sen" is not in rules')
    assert len(problems) == 2


def test_what_a_blank_cell_stands_for_is_said_where_the_column_is_described() -> None:
    defaults = {
        (seed, column)
        for seed, shape in read_shapes(RULES_DIR).items()
        for column in shape.defaults
    }
    assert len(defaults) > 10
    for seed, column in defaults:
        text = (RULES_DIR / seed.replace(".csv", ".yml")).read_text(encoding="utf-8")
        described = text.partition(f"- name: {column}\n")[2].partition("- name:")[0]
        assert "blank" in described.partition("config:")[0], (seed, column)
