-- What the build says about itself, decided once: vars where they are given, the data where not.

with

observed_currencies as (

    select currency from {{ ref('stg_orders') }}

    union

    select currency from {{ ref('stg_events') }}

    union

    select currency from {{ ref('stg_channel_daily') }}

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
        {% if var('as_of_date') -%}
        cast('{{ var("as_of_date") }}' as date) as as_of_date,
        {%- else -%}
        last_day.last_on as as_of_date,
        {%- endif %}
        {% if var('identity_as_of') -%}
        cast('{{ var("identity_as_of") }}' as date) as identity_as_of,
        {%- elif var('as_of_date') -%}
        cast('{{ var("as_of_date") }}' as date) as identity_as_of,
        {%- else -%}
        last_day.last_on as identity_as_of,
        {%- endif %}
        '{{ var("reporting_timezone") }}' as reporting_timezone,
        {% if var('reporting_currency') -%}
        '{{ var("reporting_currency") }}' as reporting_currency
        {%- else -%}
        only_currency.currency as reporting_currency
        {%- endif %}
    from last_day
    cross join only_currency

)

select * from settings
