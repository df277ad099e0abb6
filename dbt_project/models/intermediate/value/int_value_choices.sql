-- Which model speaks of which horizon: of those that pass every gate the one that was less off in
-- the days held out.

with

horizons as (

    select
        90 as horizon_days,
        'holdout_90' as purpose

    union all

    select
        365 as horizon_days,
        'holdout_365' as purpose

),

candidates as (

    select
        horizons.horizon_days,
        fits.model,
        errors.wape,
        100 * fits.a / (fits.a + fits.b) >= limits.least_dropout_percent
            as is_dropout_told
    from horizons
    cross join {{ ref('int_value_limits') }} as limits
    inner join {{ ref('int_value_fits') }} as fits
        on
            fits.purpose = 'all'
            and fits.is_converged
    inner join {{ ref('int_value_fits') }} as held_out
        on
            horizons.purpose = held_out.purpose
            and fits.model = held_out.model
            and held_out.is_converged
    inner join {{ ref('int_value_errors') }} as errors
        on
            held_out.purpose = errors.purpose
            and held_out.model = errors.model
            and 100 * abs(errors.bias) <= limits.greatest_bias_percent
    inner join {{ ref('int_value_spending') }} as spending on spending.method <> 'none'

),

ranked_candidates as (

    select
        *,
        row_number() over (partition by horizon_days order by wape, model) as place
    from candidates

),

choices as (

    select
        horizon_days,
        model,
        is_dropout_told
    from ranked_candidates
    where place = 1

)

select * from choices
