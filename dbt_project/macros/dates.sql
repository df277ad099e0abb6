{# Dates and instants. Every difference between engines in date arithmetic stands here. #}

{# The reporting date of an instant given in UTC. #}
{% macro local_date(instant) -%}
    {{ return(adapter.dispatch('local_date')(instant)) }}
{%- endmacro %}

{% macro default__local_date(instant) -%}
    {%- set zone = var('reporting_timezone') -%}
    {%- if zone == 'UTC' -%}
        cast({{ instant }} as date)
    {%- else -%}
        cast(timezone('{{ zone | replace("'", "''") }}', timezone('UTC', {{ instant }})) as date)
    {%- endif -%}
{%- endmacro %}

{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{# A date after all others: a join on an open end needs one, a null would make the engine compare
   every pair of rows. #}
{% macro open_end() -%}
    {{ return(adapter.dispatch('open_end')()) }}
{%- endmacro %}

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

{# Hours from one instant to a later one, rounded half up to 4 decimals. Whole microseconds are counted,
   so that no value passes through a float: 0.0001 hours are 360000 of them. #}
{% macro hours_between(earlier, later) -%}
    {{ return(adapter.dispatch('hours_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__hours_between(earlier, later) -%}
    cast(
        cast((epoch_us({{ later }}) - epoch_us({{ earlier }}) + 180000) // 360000 as decimal(22, 0))
        * cast(0.0001 as decimal(5, 4))
        as decimal(18, 4)
    )
{%- endmacro %}

{# One row per date from `first_on` to `last_on`, both ends included. #}
{% macro unnest_dates(first_on, last_on) -%}
    {{ return(adapter.dispatch('unnest_dates')(first_on, last_on)) }}
{%- endmacro %}

{% macro default__unnest_dates(first_on, last_on) -%}
    cast(unnest(generate_series({{ first_on }}, {{ last_on }}, interval 1 day)) as date)
{%- endmacro %}

{# A date that has come by the as-of date, else null: later facts have not happened yet. #}
{% macro up_to_as_of(date, as_of_date) -%}
    case when {{ date }} <= {{ as_of_date }} then {{ date }} end
{%- endmacro %}

{# The first day of a date's month. #}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}
