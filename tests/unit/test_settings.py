"""Settings: each has a type and a range, and nothing a user types reaches SQL as it was typed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from unittest.mock import patch

import pytest
import yaml

from orchestration.dagster_home.launchpad import BuildConfig
from orchestration.errors import SettingsError
from orchestration.settings.build_settings import (
    BY_HAND,
    NO_MEANING,
    BuildSettings,
    check_frameworks,
    read_settings,
)
from orchestration.settings.dagster_settings import DagsterSettings
from orchestration.settings.directories import Directories
from orchestration.settings.engine_settings import EngineSettings
from orchestration.settings.environment import ALL, check_environment, known_environment
from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT
from orchestration.settings.request import read_request
from orchestration.settings.setting import Setting

OPTIONS = {
    "as_of_date": "--as-of",
    "known_at": "--known-at",
    "reporting_timezone": "--timezone",
    "reporting_currency": "--currency",
    "frameworks": "--frameworks",
}


@contextmanager
def environment(variables: Mapping[str, str] | None) -> Iterator[None]:
    """Set variables while the block runs."""
    with patch.dict(os.environ, variables or {}):
        yield


def refusal(
    options: dict[str, str | None] | None = None,
    extra: list[str] | None = None,
    variables: dict[str, str] | None = None,
) -> str:
    """Return the sentence that refuses the settings; they must be refused."""
    with environment(variables), pytest.raises(SettingsError) as refused:
        read_request(options or {}, extra or [])
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


def table_of(settings: tuple[Setting, ...]) -> str:
    """Return the README's table of settings."""
    rows = ["| option or variable | meaning | default |", "|---|---|---|"]
    for one in settings:
        names = [name for name in (one.option, one.twin) if name] or [f"--var {one.name}=…"]
        called = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| {called} | {one.meaning} | {one.shown_default} |")
    return "\n".join(rows)


def test_the_readme_has_a_row_for_every_setting() -> None:
    readme = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
    of_builds = (*Directories.declared(), *BuildSettings.declared(), *EngineSettings.declared())
    for settings in (of_builds, DagsterSettings.declared()[len(Directories.declared()) :]):
        assert table_of(settings) in readme, f"README.md lacks\n{table_of(settings)}"


def test_every_setting_is_documented_and_has_one_home() -> None:
    declared = {(one.name, one) for kind in ALL for one in kind.declared()}
    assert len({name for name, _ in declared}) == len(declared)
    assert all(one.description.endswith(".") for _, one in declared)
    twins = [one.twin for _, one in declared if one.twin]
    assert len(set(twins)) == len(twins)


def test_the_hash_of_meaning_is_blind_to_what_says_nothing_else_of_a_day() -> None:
    version = "0.1.0"
    same = BuildSettings().hash_of_meaning(version)
    blind = ["max_refused_share=0.9", "max_rule_movement=1", "kpi_history_days=30"]
    assert read_settings({"as_of_date": "2026-01-31"}, blind).hash_of_meaning(version) == same
    assert BuildSettings().hash_of_meaning("0.2.0") != same
    assert read_settings({}, ["pending_is_booked=true"]).hash_of_meaning(version) != same
    assert BuildSettings.model_fields.keys() >= NO_MEANING


def test_the_launchpad_offers_what_is_declared_so() -> None:
    offered = {one.name for one in BuildSettings.declared() if one.in_launchpad}
    assert offered == {"as_of_date", "known_at", "frameworks"}
    assert set(BuildConfig.model_fields) == offered | {"full_refresh", "accept_rule_change"}
    assert BuildConfig(as_of_date="2011-06-30").options() == {  # type: ignore[call-arg]
        "as_of_date": "2011-06-30",
        "known_at": None,
        "frameworks": None,
    }


def test_nothing_given_is_the_defaults() -> None:
    assert read_settings({}) == BuildSettings()


def test_the_settings_and_dbt_project_agree_on_names_and_defaults() -> None:
    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    # source_adapter is a mapping for a dbt build by hand; no option or --var sets it.
    in_dbt = {name: value for name, value in project["vars"].items() if name != "source_adapter"}
    assert BuildSettings().dbt_vars() | dict(BY_HAND) == in_dbt


def test_options_become_dbt_vars() -> None:
    settings = read_settings(
        {
            "as_of_date": "2011-06-30",
            "known_at": "2011-07-01T02:00:00+02:00",
            "reporting_timezone": "Asia/Kolkata",
            "reporting_currency": "GBP",
            "frameworks": "b2b, classic_five",
        },
        ["identity_as_of=2011-06-29", "fulfilment_sla_days=15", "allow_missing_rates=TRUE"],
    )
    assert settings.as_of_date == date(2011, 6, 30)
    assert settings.known_at == datetime(2011, 7, 1)
    assert settings.dbt_vars() == {
        "as_of_date": "2011-06-30",
        "known_at": "2011-07-01 00:00:00",
        "identity_as_of": "2011-06-29",
        "reporting_timezone": "Asia/Kolkata",
        "reporting_currency": "GBP",
        "frameworks": "b2b,classic_five",
        "fulfilment_sla_days": 15,
        "session_timeout_minutes": 30,
        "allow_missing_rates": True,
        "pending_is_booked": False,
        "subscription_grace_days": 45,
        "renewal_slack_days": 3,
        "kpi_history_days": 1827,
        "rfm_window_days": 0,
        "play_salt": "play",
        "global_control_share": 0.05,
        "contact_cap": 2,
        "fiscal_year_start_month": 1,
        "own_domains": "",
        "max_refused_share": 0.5,
        "max_unpacked_ratio": 100,
        "max_rule_movement": 0.2,
    }


def test_each_option_has_a_twin_that_it_wins_over() -> None:
    with environment({"LIFECYCLE_CURRENCY": "USD", "LIFECYCLE_AS_OF": "2011-01-01"}):
        assert read_settings({}).reporting_currency == "USD"
        both = read_settings({"reporting_currency": "GBP"})
    assert (both.reporting_currency, both.as_of_date) == ("GBP", date(2011, 1, 1))
    assert {one.name: one.option for one in BuildSettings.declared() if one.option} == OPTIONS
    assert all(one.twin for kind in ALL for one in kind.declared() if one.option)


def test_an_empty_twin_is_not_given() -> None:
    with environment({"LIFECYCLE_TIMEZONE": "", "LIFECYCLE_STATE_DIR": ""}):
        assert read_settings({}) == BuildSettings()
        assert Directories.read().state_dir == REPO_ROOT / "var"


@pytest.mark.parametrize("name", ["FRAMEWORKS", "frameworks", "AS_OF_DATE", "fulfilment_sla_days"])
def test_a_variable_without_the_prefix_is_not_read(name: str) -> None:
    with environment({name: "1"}):
        assert read_settings({}) == BuildSettings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("as_of_date", "2011-02-29"),
        ("as_of_date", "20110201"),
        ("as_of_date", "1989-12-31"),
        ("as_of_date", "2200-01-01"),
        ("as_of_date", "2011-02-01; drop table x"),
        ("as_of_date", "today"),
        ("known_at", "2011-02-01T25:00:00"),
        ("known_at", "2011-02-01 00:00:00' or 1=1 --"),
        ("known_at", "0001-01-01T00:00:00+23:59"),
        ("reporting_timezone", "Europe/Rom"),
        ("reporting_timezone", "UTC'); drop table x; --"),
        ("reporting_timezone", "../../etc/localtime"),
        ("reporting_timezone", "localtime"),
        ("reporting_timezone", "{{ env_var('HOME') }}"),
        ("reporting_currency", "gbp"),
        ("reporting_currency", "EURO"),
        ("reporting_currency", "QQQ"),
        ("reporting_currency", "E'R"),
        ("frameworks", "all,b2b"),
        ("frameworks", "b2b,,classic_five"),
        ("frameworks", "b2b,b2b"),
        ("frameworks", "b2b'; drop"),
    ],
)
def test_a_value_out_of_its_type_is_refused_with_option_and_text(name: str, text: str) -> None:
    sentence = refusal({name: text})
    assert sentence.startswith(f"{OPTIONS[name]} must ")
    if name != "frameworks":
        assert text[:20] in sentence


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("fulfilment_sla_days", 1, 3650),
        ("session_timeout_minutes", 1, 1440),
        ("subscription_grace_days", 0, 3650),
        ("renewal_slack_days", 0, 3650),
        ("kpi_history_days", 1, 36500),
        ("fiscal_year_start_month", 1, 12),
    ],
)
def test_integers_end_where_their_range_ends(name: str, low: int, high: int) -> None:
    for good in (low, high):
        assert getattr(read_settings({}, [f"{name}={good}"]), name) == good
    for bad in (low - 1, high + 1, "-1", "1.5", "1e3", "", "٣", "1; drop"):
        sentence = refusal(extra=[f"{name}={bad}"])
        assert sentence.startswith(f"--var {name} must be a whole number from {low} to {high}")


def test_own_domains_are_hosts_in_lower_case() -> None:
    settings = read_settings({}, ["own_domains=Shop.example, checkout.shop.example"])
    assert settings.dbt_vars()["own_domains"] == "shop.example,checkout.shop.example"
    for bad in ("shop.example'", "https://shop.example", "a..b", "-a.example", "a,,b"):
        assert "must be hosts" in refusal(extra=[f"own_domains={bad}"])


@pytest.mark.parametrize("text", ["yes", "1", "", "true --"])
def test_a_truth_value_is_true_or_false(text: str) -> None:
    assert "must be true or false" in refusal(extra=[f"allow_missing_rates={text}"])


def test_an_unknown_var_is_refused_with_the_nearest_name() -> None:
    assert refusal(extra=["fullfilment_sla_days=3"]) == (
        'The var "fullfilment_sla_days" is unknown; did you mean "fulfilment_sla_days"?'
    )


def test_a_var_that_has_an_option_names_it() -> None:
    assert "--as-of" in refusal(extra=["as_of_date=2011-01-01"])


def test_a_var_for_dbt_by_hand_is_refused() -> None:
    assert "by hand" in refusal(extra=["raw_schema=other"])


def test_a_var_without_a_value_or_given_twice_is_refused() -> None:
    assert "NAME=VALUE" in refusal(extra=["identity_as_of"])
    twice = ["fulfilment_sla_days=3", "fulfilment_sla_days=4"]
    assert "given twice" in refusal(extra=twice)


def test_an_unknown_environment_variable_is_refused_with_the_nearest_name() -> None:
    assert refusal(variables={"LIFECYCLE_TIMEZON": "UTC"}) == (
        'The environment variable "LIFECYCLE_TIMEZON" is unknown; '
        'did you mean "LIFECYCLE_TIMEZONE"?'
    )


def test_known_and_foreign_environment_variables_pass() -> None:
    with environment(dict.fromkeys(known_environment(), "") | {"LIFE": "x"}):
        check_environment()


@pytest.mark.parametrize("text", ["0", "65", "two"])
def test_threads_out_of_range_are_refused(text: str) -> None:
    assert "LIFECYCLE_THREADS" in refusal(variables={"LIFECYCLE_THREADS": text})


@pytest.mark.parametrize("text", ["2", "0GB", "much", "2gb", "1.5GB"])
def test_a_memory_limit_without_a_size_is_refused(text: str) -> None:
    assert "LIFECYCLE_MEMORY_LIMIT" in refusal(variables={"LIFECYCLE_MEMORY_LIMIT": text})


def test_a_memory_limit_is_a_number_of_megabytes_or_gigabytes() -> None:
    for text in ("512MB", "2GB"):
        with environment({"LIFECYCLE_MEMORY_LIMIT": text}):
            check_environment()


def test_a_bad_twin_is_named_by_its_variable() -> None:
    assert refusal(variables={"LIFECYCLE_AS_OF": "soon"}).startswith("LIFECYCLE_AS_OF must be")


def test_an_unknown_framework_is_refused_with_the_nearest_name() -> None:
    settings = read_settings({"frameworks": "clasic_five"})
    with pytest.raises(SettingsError) as refused:
        check_frameworks(settings, ("b2b", "classic_five"))
    assert str(refused.value) == (
        'The framework "clasic_five" is unknown; did you mean "classic_five"? '
        "Known are all, b2b, classic_five."
    )


def test_all_and_the_default_need_no_name() -> None:
    check_frameworks(read_settings({"frameworks": "all"}), ("b2b",))
    check_frameworks(BuildSettings(), ())
