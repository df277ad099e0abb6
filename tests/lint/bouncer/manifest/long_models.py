"""The check that dbt-bouncer lacks: a long model says why it is one model and not two."""

from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail

MOST_LINES = 120


def unexplained_length(code: str) -> str:
    """Say what is wrong with the length of a model; blank when it is short or says why it is not.

    Args:
        code: the SQL of the model as it is written.
    """
    lines = len(code.strip().splitlines())
    header = " ".join(code.split("\nwith\n")[0].replace("\n--", " ").split())
    if lines <= MOST_LINES or f"Over {MOST_LINES} lines" in header:
        return ""
    return (
        f"has {lines} lines: make it two models, or say in its header comment, "
        f"after `Over {MOST_LINES} lines`, why it is one"
    )


@check
def check_model_length_is_explained(model: Any) -> None:
    """A model has at most 120 lines, or its header comment says why it has more."""
    problem = unexplained_length(model.raw_code or "")
    if problem:
        fail(f"`{model.unique_id.split('.')[-1]}` {problem}.")
