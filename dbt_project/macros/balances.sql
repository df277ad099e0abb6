{# Comparing large tables without sorting them. #}

{# A number that differs, to all intents, wherever one of the values does; null is a value too. #}
{% macro fingerprint(columns) -%}
    {{ return(adapter.dispatch('fingerprint')(columns)) }}
{%- endmacro %}

{% macro default__fingerprint(columns) -%}
    cast(hash({{ columns | join(', ') }}) as hugeint)
{%- endmacro %}

{# The rows of `rows` that do not cancel out: `rows` is a CTE with `columns` and a column `side`, 1 for
   what should be there and -1 for what is. Two tables that agree are told by the sums of their
   fingerprints in one pass; only buckets whose sums differ are compared row by row, so that a failing
   test still names the rows. #}
{% macro unbalanced_rows(rows, columns) -%}
    select
        {{ columns | join(', ') }},
        sum(side) as balance
    from {{ rows }}
    where
        {{ fingerprint(columns) }} % 1024 in (
            select {{ fingerprint(columns) }} % 1024
            from {{ rows }}
            group by {{ fingerprint(columns) }} % 1024
            having sum(side * {{ fingerprint(columns) }}) <> 0
        )
    group by {{ columns | join(', ') }}
    having sum(side) <> 0
{%- endmacro %}
