"""What other rules are tried with: what the published version was built with, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.metadata import version as package_version
from pathlib import Path

import pytest

from orchestration.errors import StateDirError, WarehouseError
from orchestration.progress import Silent
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.build_settings import BuildSettings, read_settings
from orchestration.settings.kept_settings import keep_settings, kept_settings
from orchestration.settings.paths import RULES_DIR, StateDir
from orchestration.settings.request import BuildRequest
from orchestration.whatif import trial
from orchestration.whatif.trial import what_if
from tests.unit.finished_runs import make_run
from tests.unit.tiny_versions import make_raw, make_version

PRESET = RULES_DIR.parent / "presets" / "grocery"
OTHERS = read_settings(
    {
        "as_of_date": "2026-02-01",
        "known_at": "2026-02-02T10:00:00+01:00",
        "reporting_timezone": "Europe/Rome",
        "reporting_currency": "USD",
        "frameworks": "b2b,four_stage",
    },
    ["pending_is_booked=true", "own_domains=a.test,b.test", "global_control_share=0.000001"],
)


@pytest.mark.parametrize("settings", [BuildSettings(), OTHERS], ids=["defaults", "others"])
def test_kept_settings_are_read_as_they_were_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: BuildSettings
) -> None:
    keep_settings(StateDir(tmp_path), settings)
    for name, value in {
        "LIFECYCLE_AS_OF": "2020-01-01",
        "LIFECYCLE_KNOWN_AT": "2020-01-01",
        "LIFECYCLE_CURRENCY": "GBP",
        "LIFECYCLE_TIMEZONE": "Asia/Tokyo",
        "LIFECYCLE_FRAMEWORKS": "all",
    }.items():
        monkeypatch.setenv(name, value)
    assert kept_settings(StateDir(tmp_path)) == settings


@pytest.mark.parametrize("text", ["", "[]", '{"as_of_date": ""}', '{"as_of_date": "tomorrow"}'])
def test_settings_that_cannot_be_read_are_nobodys(tmp_path: Path, text: str) -> None:
    state = StateDir(tmp_path)
    assert kept_settings(state) is None
    state.published_settings.write_text(text)
    assert kept_settings(state) is None


def test_rules_kept_by_a_release_that_called_a_seed_otherwise_ask_for_a_build(
    tmp_path: Path,
) -> None:
    state = StateDir.at(tmp_path / "state")
    state.versions.mkdir(parents=True)
    write_rules(read_rules(None), state)
    (state.rules / "expectations.csv").rename(state.rules / "bands.csv")
    made = make_version(state.versions, 1, rules="of the release before")
    state.current.symlink_to(Path("versions") / made.name)
    make_raw(state.raw_database, {})
    with pytest.raises(StateDirError, match="run lifecycle build first"):
        what_if(BuildRequest(BuildSettings(), tmp_path, state), PRESET, Silent())


def test_rules_are_tried_with_the_days_zone_currency_and_frameworks_of_what_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir.at(tmp_path / "state")
    state.versions.mkdir(parents=True)
    shipped = read_rules(None)
    write_rules(shipped, state)
    keep_settings(state, OTHERS)
    known = package_version("customer-lifecycle")
    made = make_version(
        state.versions,
        1,
        rules=shipped.rules_hash,
        settings=OTHERS.hash_of_meaning(known),
        as_of=date(2026, 2, 1),
        frameworks="b2b, discovery_to_advocacy, four_stage",
    )
    state.current.symlink_to(Path("versions") / made.name)
    make_raw(state.raw_database, {})
    tried: list[BuildSettings] = []

    def no_dbt(_: StateDir, settings: BuildSettings, *__: object, **___: object) -> object:
        tried.append(settings)
        return replace(make_run(exit_code=1), errors=("stopped",))

    monkeypatch.setattr(trial, "run_dbt", no_dbt)
    monkeypatch.setattr(trial, "_refuse_other_inputs", lambda *_: None)
    today = read_settings({"as_of_date": "2026-03-01", "frameworks": "all"})
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "frameworks.patch.csv").write_text("framework\nhabit\n")
    (rules / "framework_stages.patch.csv").write_text("framework,stage,ordinal\nhabit,newcomer,1\n")
    (rules / "stage_rules.patch.csv").write_text("framework,stage,rule\nhabit,newcomer,seen\n")
    with pytest.raises(WarehouseError, match="stopped"):
        what_if(BuildRequest(today, tmp_path, state), rules, Silent())
    (settings,) = tried
    assert set(settings.frameworks) == {"b2b", "discovery_to_advocacy", "four_stage", "habit"}
    told = {"identity_as_of": date(2026, 2, 1), "frameworks": settings.frameworks}
    assert settings == OTHERS.model_copy(update=told)
