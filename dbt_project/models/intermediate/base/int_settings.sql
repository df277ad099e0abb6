-- What the build says about itself, decided once: vars where they are given, the data where not.

with

observed_currencies as (

    select currency from {{ ref('stg_orders') }}

    union

    select currency from {{ ref('stg_channel_daily') }}
    {%- if not (execute and var('reporting_currency')) %}

    union

    -- The longest look, and for nothing where the currency is given; who parses it sees all of it.
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

settings as (

    select
        {{ as_of_date('last_day.last_on') }} as as_of_date,
        {{ identity_as_of('last_day.last_on') }} as identity_as_of,
        '{{ var("reporting_timezone") }}' as reporting_timezone,
        coalesce(nullif('{{ var("reporting_currency") }}', ''), only_currency.currency)
            as reporting_currency
    from {{ ref('stg_last_day') }} as last_day
    cross join only_currency

)

select * from settings
