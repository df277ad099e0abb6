"""SQL computes normal quantiles as Python's standard library does, to the last digit."""

from statistics import NormalDist

import duckdb
import jinja2

from orchestration.settings.paths import DBT_PROJECT_DIR

SHARES = (*(number / 1000 for number in range(1, 1000)), 0.0749, 0.0751, 1e-9, 1e-13, 1 - 1e-9)


def test_every_quantile_is_that_of_the_standard_library() -> None:
    text = (DBT_PROJECT_DIR / "macros" / "health.sql").read_text(encoding="utf-8")
    sql = jinja2.Template(f"{text}{{{{ normal_quantile('share') }}}}", autoescape=False).render()
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select share, {sql} from (select unnest(?::double[]) as share)", [list(SHARES)]
        ).fetchall()
    assert len(found) == len(SHARES)
    assert [each for each in found if each[1] != NormalDist().inv_cdf(each[0])] == []
