{# Dates and instants. Every difference between engines in date arithmetic stands here. #}

{# The reporting date of an instant given in UTC. #}
{% macro local_date(instant) %}{{ return(adapter.dispatch('local_date')(instant)) }}{% endmacro %}
{% macro default__local_date(instant) -%}
    {%- set zone = var('reporting_timezone') -%}
    {%- if zone == 'UTC' -%}
        cast({{ instant }} as date)
    {%- else -%}
        cast(timezone('{{ zone | replace("'", "''") }}', timezone('UTC', {{ instant }})) as date)
    {%- endif -%}
{%- endmacro %}

{# The instant, in UTC, at which a reporting date begins. #}
{% macro day_start(date) %}{{ return(adapter.dispatch('day_start')(date)) }}{% endmacro %}
{% macro default__day_start(date) -%}
    {%- set zone = var('reporting_timezone') -%}
    {%- if zone == 'UTC' -%}
        cast({{ date }} as timestamp)
    {%- else -%}
        timezone('UTC', timezone('{{ zone | replace("'", "''") }}', cast({{ date }} as timestamp)))
    {%- endif -%}
{%- endmacro %}

{% macro add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{# A date after all others: a join on an open end needs one, a null would make the engine compare
   every pair of rows. #}
{% macro open_end() %}{{ return(adapter.dispatch('open_end')()) }}{% endmacro %}
{% macro default__open_end() -%}
    cast('infinity' as date)
{%- endmacro %}

{# Whole days from one date to a later one. #}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between')(earlier, later)) }}
{%- endmacro %}
{% macro default__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{# Whole microseconds from one instant to a later one: what hours are made of without a float. #}
{% macro microseconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('microseconds_between')(earlier, later)) }}
{%- endmacro %}
{% macro default__microseconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }}))
{%- endmacro %}

{# One row per date from `first_on` to `last_on`, both ends included. #}
{% macro unnest_dates(first_on, last_on) -%}
    {{ return(adapter.dispatch('unnest_dates')(first_on, last_on)) }}
{%- endmacro %}
{% macro default__unnest_dates(first_on, last_on) -%}
    cast(unnest(generate_series({{ first_on }}, {{ last_on }}, interval 1 day)) as date)
{%- endmacro %}

{# The reporting date that a text in `properties` states: a day, or an instant, whose offset counts and
   which is UTC without one; null when it is unusable. #}
{% macro stated_date(text) %}{{ return(adapter.dispatch('stated_date')(text)) }}{% endmacro %}

{# Day, hour and minute count. Midnight is 00:00 of its day, never 24:00 of the day before; an offset
   of 24 hours or 60 minutes is none; an absent one, or absent seconds, are an empty text. #}
{% macro default__stated_date(text) -%}
    {%- set offset -%} regexp_extract({{ text }}, '([+-])([0-9]{2}):?([0-9]{2})$', {%- endset -%}
    {%- set instant -%}
        try_cast(substr({{ text }}, 1, 10) || ' ' || substr({{ text }}, 12, 5) as timestamp)
        - case when {{ offset }} 1) = '+' then 1 else -1 end
        * coalesce(
            60 * try_cast({{ offset }} 2) as integer) + try_cast({{ offset }} 3) as integer), 0
        ) * interval '1 minute'
    {%- endset -%}
    case
        when regexp_full_match({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
            then try_cast({{ text }} as date)
        when
            regexp_full_match(
                {{ text }},
                '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?'
                || '(Z|[+-][0-9]{2}:?[0-9]{2})?'
            )
            and substr({{ text }}, 12, 2) < '24'
            and regexp_extract({{ text }}, '^.{16}:([0-9]{2})', 1) < '60'
            and {{ offset }} 2) < '24'
            and {{ offset }} 3) < '60'
            then {{ local_date('(' ~ instant ~ ')') }}
    end
{%- endmacro %}

{# So many calendar months later, the day clamped to the month's last. #}
{% macro add_months(date, months) %}{{ return(adapter.dispatch('add_months')(date, months)) }}{% endmacro %}
{% macro default__add_months(date, months) -%}
    cast({{ date }} + {{ months }} * interval '1 month' as date)
{%- endmacro %}

{# Whole months from the first day of one month to that of a later one. #}
{% macro months_between(earlier, later) -%}
    (
        12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )
{%- endmacro %}
