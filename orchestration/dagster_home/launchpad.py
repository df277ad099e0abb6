"""What Dagster's launchpad offers: the settings that say so, as the config of the first op.

Belongs here: the config class made from what is declared. Does not belong here: the settings
themselves (`settings.build_settings`).
"""

# Dagster reads the annotations of config at run time, so they are not postponed here.

from typing import Any

from dagster import Config
from pydantic import Field, create_model

from orchestration.settings.build_settings import BuildSettings

OFFERED = tuple(setting for setting in BuildSettings.declared() if setting.in_launchpad)

_fields: dict[str, Any] = {
    setting.name: (str, Field("", description=f"{setting.meaning} ({setting.shown_default})."))
    for setting in OFFERED
}
_Offered = create_model("_Offered", __base__=Config, **_fields)


class BuildConfig(_Offered):
    """What a build is told; blank is what the environment says, else decided from the data."""

    full_refresh: bool = Field(False, description="Drop the working database first.")

    def options(self) -> dict[str, str | None]:
        """Return what was given by name; None for what was not."""
        return {setting.name: getattr(self, setting.name) or None for setting in OFFERED}
