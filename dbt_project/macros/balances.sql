{# Comparing large tables without sorting them. #}

{# One of 1024 parts into which a fingerprint divides rows. #}
{% macro bucket(columns) -%}
    mod({{ key_hash(columns) }}, 1024)
{%- endmacro %}

{# The rows of `rows` that do not cancel out: `rows` is a CTE with `columns` and a column `side`, 1 for
   what should be there and -1 for what is. Two tables that agree are told by the sums of their
   fingerprints in one pass; only buckets whose sums differ are compared row by row, so that a failing
   test still names the rows. #}
{% macro unbalanced_rows(rows, columns) -%}
    select
        {{ columns | join(',\n        ') }},
        sum(side) as balance
    from {{ rows }}
    where
        {{ bucket(columns) }} in (
            select {{ bucket(columns) }}
            from {{ rows }}
            group by {{ bucket(columns) }}
            having sum(cast({{ key_hash(columns) }} as decimal(20, 0)) * side) <> 0
        )
    group by
        {{ columns | join(',\n        ') }}
    having sum(side) <> 0
{%- endmacro %}
