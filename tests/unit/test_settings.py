"""Settings: each has a type and a range, and nothing a user types reaches SQL as it was typed."""

from dataclasses import fields
from datetime import date, datetime

import pytest
import yaml

from orchestration.errors import SettingsError
from orchestration.settings.build_settings import (
    BuildSettings,
    check_environment,
    check_frameworks,
    read_settings,
)
from orchestration.settings.declarations import VARIABLES, known_environment
from orchestration.settings.paths import DBT_PROJECT_DIR

OPTIONS = {
    "as_of_date": "--as-of",
    "known_at": "--known-at",
    "reporting_timezone": "--timezone",
    "reporting_currency": "--currency",
    "frameworks": "--frameworks",
}


def refusal(
    options: dict[str, str | None] | None = None,
    extra: list[str] | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    """Return the sentence that refuses the settings; they must be refused."""
    with pytest.raises(SettingsError) as refused:
        read_settings(options or {}, extra or [], environment or {})
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_nothing_given_is_the_defaults() -> None:
    assert read_settings({}, [], {}) == BuildSettings()
    assert {v.name: v.default for v in VARIABLES if not v.by_hand_only} == (
        BuildSettings().dbt_vars()
    )


def test_the_registry_and_dbt_project_agree_on_names_and_defaults() -> None:
    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    # source_adapter is a mapping for a dbt build by hand; no option or --var sets it.
    in_dbt = {name: value for name, value in project["vars"].items() if name != "source_adapter"}
    assert {variable.name: variable.default for variable in VARIABLES} == in_dbt


def test_every_setting_is_documented() -> None:
    assert {field.name for field in fields(BuildSettings)} <= {v.name for v in VARIABLES}
    assert all(variable.description.endswith(".") for variable in VARIABLES)


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
        {},
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
    }


def test_each_option_has_a_twin_that_it_wins_over() -> None:
    environment = {"LIFECYCLE_CURRENCY": "USD", "LIFECYCLE_AS_OF": "2011-01-01"}
    assert read_settings({}, [], environment).reporting_currency == "USD"
    both = read_settings({"reporting_currency": "GBP"}, [], environment)
    assert (both.reporting_currency, both.as_of_date) == ("GBP", date(2011, 1, 1))
    assert {v.name: v.option for v in VARIABLES if v.option} == OPTIONS
    assert all(variable.environment for variable in VARIABLES if variable.option)


def test_an_empty_twin_is_not_given() -> None:
    assert read_settings({}, [], {"LIFECYCLE_TIMEZONE": ""}) == BuildSettings()


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
        ("subscription_grace_days", 1, 3650),
    ],
)
def test_integers_end_where_their_range_ends(name: str, low: int, high: int) -> None:
    for good in (low, high):
        assert getattr(read_settings({}, [f"{name}={good}"], {}), name) == good
    for bad in (low - 1, high + 1, "-1", "1.5", "1e3", "", "٣", "1; drop"):
        sentence = refusal(extra=[f"{name}={bad}"])
        assert sentence.startswith(f"--var {name} must be a whole number from {low} to {high}")


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
    assert refusal(environment={"LIFECYCLE_TIMEZON": "UTC"}) == (
        'The environment variable "LIFECYCLE_TIMEZON" is unknown; '
        'did you mean "LIFECYCLE_TIMEZONE"?'
    )


def test_known_and_foreign_environment_variables_pass() -> None:
    check_environment(dict.fromkeys(known_environment(), "") | {"PATH": "/bin", "LIFE": "x"})


@pytest.mark.parametrize("text", ["0", "65", "two"])
def test_threads_out_of_range_are_refused(text: str) -> None:
    assert "LIFECYCLE_THREADS" in refusal(environment={"LIFECYCLE_THREADS": text})


@pytest.mark.parametrize("text", ["2", "0GB", "much", "2gb", "1.5GB"])
def test_a_memory_limit_without_a_size_is_refused(text: str) -> None:
    assert "LIFECYCLE_MEMORY_LIMIT" in refusal(environment={"LIFECYCLE_MEMORY_LIMIT": text})


def test_a_memory_limit_is_a_number_of_megabytes_or_gigabytes() -> None:
    check_environment({"LIFECYCLE_MEMORY_LIMIT": "512MB"})
    check_environment({"LIFECYCLE_MEMORY_LIMIT": "2GB"})


def test_a_bad_twin_is_named_by_its_variable() -> None:
    assert refusal(environment={"LIFECYCLE_AS_OF": "soon"}).startswith("LIFECYCLE_AS_OF must be")


def test_an_unknown_framework_is_refused_with_the_nearest_name() -> None:
    settings = read_settings({"frameworks": "clasic_five"}, [], {})
    with pytest.raises(SettingsError) as refused:
        check_frameworks(settings, ("b2b", "classic_five"))
    assert str(refused.value) == (
        'The framework "clasic_five" is unknown; did you mean "classic_five"? '
        "Known are all, b2b, classic_five."
    )


def test_all_and_the_default_need_no_name() -> None:
    check_frameworks(read_settings({"frameworks": "all"}, [], {}), ("b2b",))
    check_frameworks(BuildSettings(), ())
