-- What the build says about itself, decided once: vars where they are given, the data where not.

{% set as_of_date, identity_as_of = 'last_day.last_on', 'last_day.last_on' %}
{% set currency = 'only_currency.currency' %}
{% if var('as_of_date') -%}
{% set as_of_date = "cast('" ~ var('as_of_date') ~ "' as date)" %}
{% set identity_as_of = as_of_date %}
{%- endif %}
{% if var('identity_as_of') -%}
{% set identity_as_of = "cast('" ~ var('identity_as_of') ~ "' as date)" %}
{%- endif %}
{% if var('reporting_currency') -%}
{% set currency = "'" ~ var('reporting_currency') ~ "'" %}
{%- endif %}

with

observed_currencies as (

    select currency from {{ ref('stg_orders') }}

    union

    select currency from {{ ref('stg_channel_daily') }}
    {%- if not var('reporting_currency') %}

    union

    -- The longest look, and for nothing where the currency is given.
    select currency from {{ ref('stg_events') }}
    {%- endif %}

),

only_currency as (

    select
        case
            when count(currency) = 1 then max(currency)
            else 'EUR'
        end as currency
    from observed_currencies

),

last_instants as (

    select max(occurred_at) as last_at from {{ ref('stg_events') }}

    union all

    select max(created_at) as last_at from {{ ref('stg_orders') }} where is_valid

),

last_day as (

    select {{ local_date('max(last_at)') }} as last_on
    from last_instants

),

settings as (

    select
        {{ as_of_date }} as as_of_date,
        {{ identity_as_of }} as identity_as_of,
        '{{ var("reporting_timezone") }}' as reporting_timezone,
        {{ currency }} as reporting_currency
    from last_day
    cross join only_currency

)

select * from settings
