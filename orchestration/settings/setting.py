"""What a setting is: declared once as a field, read from options or the environment, refused.

Belongs here: the base of all classes of settings. Does not belong here: any one setting
(`build_settings`, `directories`, `engine_settings`, `dagster_settings`), or what a kind of value
looks like (`values`).

A field says everything there is to say of a setting: name, type, range, default, one sentence, the
option and the environment variable that set it. Help texts, the launchpad, the README's table, the
vars of dbt and the sentences of refusals are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from annotated_types import Ge, Le
from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.errors import SettingsError
from orchestration.settings.values import refusal

PREFIX = "LIFECYCLE_"


@dataclass(frozen=True)
class Given:
    """How a setting was given.

    Attributes:
        origin: what to call it in a sentence, such as `--as-of`.
        text: what it was set to.
    """

    origin: str
    text: str


@dataclass(frozen=True)
class Setting:
    """One setting, as its field declares it.

    Attributes:
        name: its name, which is the dbt var's where it is one.
        description: one sentence.
        default: the value when nothing is given.
        option: the command-line option; blank for what `--var NAME=VALUE` gives, or none.
        twin: the environment variable that stands in for the option; blank for none.
        otherwise: what an empty default comes to; blank when the default speaks for itself.
        in_launchpad: whether Dagster's launchpad offers it.
        is_secret: whether a message may not repeat it.
        limits: lowest and highest whole number; None for what is no number.
    """

    name: str
    description: str
    default: object
    option: str
    twin: str
    otherwise: str
    in_launchpad: bool
    is_secret: bool
    limits: tuple[int, int] | None

    @property
    def meaning(self) -> str:
        """The description with the range, without its full stop."""
        said = self.description.rstrip(".")
        return f"{said}, {self.limits[0]} to {self.limits[1]}" if self.limits else said

    @property
    def shown_default(self) -> str:
        """The default as a reader understands it."""
        default = str(self.default)
        return self.otherwise or (default.lower() if isinstance(self.default, bool) else default)


def setting(
    default: object,
    description: str,
    *,
    option: str = "",
    twin: str = "",
    otherwise: str = "",
    limits: tuple[int, int] | None = None,
    in_launchpad: bool = False,
    is_secret: bool = False,
) -> Any:
    """Return the field of a setting; `Setting` says what the arguments mean.

    A callable default is made from the settings that stand before it.
    """
    said = {"option": option, "otherwise": otherwise, "in_launchpad": in_launchpad}
    low, high = limits or (None, None)
    field = cast("Callable[..., Any]", Field)
    return field(
        **{"default_factory" if callable(default) else "default": default},
        description=description,
        validation_alias=twin or None,
        ge=low,
        le=high,
        repr=not is_secret,
        json_schema_extra=said,
    )


class Settings(BaseSettings):
    """A class of settings: fields made by `setting`, read from the environment unless given."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=False,
        # The prefix keeps a setting without a twin from being read from a variable of its name.
        env_prefix=PREFIX,
        case_sensitive=True,
        env_ignore_empty=True,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
    )

    @classmethod
    def declared(cls) -> tuple[Setting, ...]:
        """Return what is declared, in order."""
        return tuple(_declared(name, field) for name, field in cls.model_fields.items())

    @classmethod
    def read(cls, given: Mapping[str, Given] | None = None) -> Self:
        """Return the settings: what is given, else the environment, else the defaults.

        Raises:
            SettingsError: names the option or variable and what it must be.
        """
        settings = {setting.name: setting for setting in cls.declared()}
        # A blank text asks for what the data or the machine decides, where that is the default.
        told = {
            name: one
            for name, one in (given or {}).items()
            if one.text.strip() or settings[name].default not in (None, "", ())
        }
        try:
            return cls(**{name: one.text for name, one in told.items()})
        except ValidationError as error:
            problem = error.errors()[0]
            wrong = settings[str(problem["loc"][0])]
            reason = str(problem.get("ctx", {}).get("error") or problem["msg"])
            if wrong.limits:
                reason = f"must be a whole number from {wrong.limits[0]} to {wrong.limits[1]}"
            origin = told[wrong.name].origin if wrong.name in told else wrong.twin
            text = None if wrong.is_secret else str(problem["input"])
            raise SettingsError(refusal(origin, reason, text)) from None


def _declared(name: str, field: FieldInfo) -> Setting:
    said = cast("Mapping[str, Any]", field.json_schema_extra)
    low = [int(str(limit.ge)) for limit in field.metadata if isinstance(limit, Ge)]
    high = [int(str(limit.le)) for limit in field.metadata if isinstance(limit, Le)]
    return Setting(
        name=name,
        description=field.description or "",
        default=None if field.default_factory else field.default,
        option=said["option"],
        twin=str(field.validation_alias or ""),
        otherwise=said["otherwise"],
        in_launchpad=said["in_launchpad"],
        is_secret=not field.repr,
        limits=(low[0], high[0]) if low and high else None,
    )
