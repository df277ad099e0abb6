-- Law: no money is left without a value for want of an exchange rate, unless the var
-- allow_missing_rates says that it may.

{{ config(
    enabled=not var('allow_missing_rates'),
    meta={'dagster': {'ref': {'name': 'int_missing_rates'}}},
) }}

with

missing_rates as (

    select
        source_table,
        currency,
        min(date) as first_on,
        max(date) as last_on,
        count(*) as amounts
    from {{ ref('int_missing_rates') }}
    group by
        source_table,
        currency

)

select * from missing_rates
