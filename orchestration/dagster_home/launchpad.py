"""What Dagster's launchpad offers: the settings that say so, as the config of a build.

Belongs here: the config class made from what is declared, and its refusal before there is a run.
Does not belong here: the settings themselves (`settings.build_settings`).
"""

# Dagster reads the annotations of config at run time, so they are not postponed here.

from typing import Any

from dagster import Config, RunConfig, config_mapping
from pydantic import Field, create_model

from orchestration.rules.rule_set import read_rules
from orchestration.settings.build_settings import BuildSettings, check_frameworks
from orchestration.settings.request import read_request

OFFERED = tuple(setting for setting in BuildSettings.declared() if setting.in_launchpad)

_fields: dict[str, Any] = {
    setting.name: (str, Field("", description=f"{setting.meaning} ({setting.shown_default})."))
    for setting in OFFERED
}
_Offered = create_model("_Offered", __base__=Config, **_fields)


class BuildConfig(_Offered):
    """What a build is told; blank is what the environment says, else decided from the data."""

    full_refresh: bool = Field(False, description="Drop the working database and make every table.")
    accept_rule_change: bool = Field(
        False, description="Publish whatever share of the subjects a change of the rules moves."
    )

    def options(self) -> dict[str, str | None]:
        """Return what was given by name; None for what was not."""
        return {setting.name: getattr(self, setting.name) or None for setting in OFFERED}


@config_mapping
def checked_config(told: BuildConfig) -> RunConfig:
    """Check what a build is told when the button is pressed: a refusal leaves no failed run."""
    request = read_request(told.options())
    check_frameworks(request.settings, read_rules(request.rules_dir).frameworks)
    return RunConfig(ops={"build": told})
