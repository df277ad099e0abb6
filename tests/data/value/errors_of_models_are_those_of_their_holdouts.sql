-- How far a model was off follows from the orders that came and those that it foresaw.

{{ config(meta={'dagster': {'ref': {'name': 'model_fits'}}}) }}

with

holdouts as (

    select
        purpose,
        model,
        sum(abs(expected_orders - actual_orders)) / nullif(sum(actual_orders), 0) as wape,
        sum(expected_orders) / nullif(sum(actual_orders), 0) - 1 as bias
    from {{ ref('model_holdout') }}
    group by
        purpose,
        model

)

select
    fits.purpose,
    fits.model,
    fits.name,
    fits.value
from {{ ref('model_fits') }} as fits
left join holdouts
    on
        fits.purpose = holdouts.purpose
        and fits.model = holdouts.model
where
    fits.name in ('wape', 'bias')
    and coalesce(
        abs(fits.value - case fits.name when 'wape' then holdouts.wape else holdouts.bias end)
        > 0.000000001,
        fits.value is not null or holdouts.wape is not null
    )
