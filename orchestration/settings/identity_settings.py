"""What stands between a person's address and the id that is kept of it.

Belongs here: the salt. Does not belong here: how addresses are hashed (`ingest/words`).
"""

from __future__ import annotations

from orchestration.settings.setting import Settings, setting

DEFAULT_SALT = "customer-lifecycle"


class IdentitySettings(Settings):
    """Settings that no message, log or manifest repeats."""

    identity_salt: str = setting(
        DEFAULT_SALT,
        "What e-mail addresses are hashed with; it never changes within a state.",
        twin="LIFECYCLE_IDENTITY_SALT",
        otherwise="a fixed one; `lifecycle init` writes a random one",
        is_secret=True,
    )
