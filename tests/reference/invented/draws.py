"""Examples of a strategy that are the same in every run.

Belongs here: drawing with a fixed seed, outside of a property test. Does not belong here: what is
drawn (``strategies``), how many and with which settings (``batches``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from unittest import mock

import hypothesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

Example = TypeVar("Example")


def examples(strategy: st.SearchStrategy[Example], count: int, seed: int) -> list[Example]:
    """``count`` examples, of which the first is the simplest there is and the last a rich one."""
    made: list[Example] = []
    quiet = hypothesis.settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )

    def collect(example: Example) -> None:
        made.append(example)

    with _no_constants_of_loaded_modules():
        hypothesis.seed(seed)(quiet(given(strategy)(collect)))()
    return made


@contextmanager
def _no_constants_of_loaded_modules() -> Iterator[None]:
    """Hypothesis draws constants that it finds in the source of whatever happens to be loaded.

    A test run alone would meet other people than the whole suite, and a new test anywhere would
    change the people here: a shop could lose its only answered chat by an unrelated commit.
    """
    providers.CONSTANTS_CACHE.cache.clear()
    with mock.patch.object(providers, "_get_local_constants", return_value=Constants()):
        yield
    providers.CONSTANTS_CACHE.cache.clear()
