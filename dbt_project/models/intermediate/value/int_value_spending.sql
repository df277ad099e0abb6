-- How the value of an order is told: by gamma-gamma; by a mean that leans on everybody's where
-- value and frequency go together or the fit has no mean (q of 1 or less); not at all where
-- nothing converged. Sums of decimals, so that the order of the rows does not matter.

with

sums as (

    select
        cast(sum(customers) as double) as customers,
        cast(sum(frequency * customers) as double) as frequency,
        cast(sum(monetary_value * customers) as double) as monetary_value,
        cast(sum(frequency * frequency * customers) as double) as frequency_squared,
        cast(
            -- Of two decimals of 18 digits DuckDB makes one of 18: a mean day of 100,000 overflows.
            sum(
                cast(monetary_value as decimal(19, 4)) * cast(monetary_value as decimal(19, 4))
                * customers
            ) as double
        ) as monetary_value_squared,
        cast(sum(frequency * monetary_value * customers) as double) as product
    from {{ ref('int_value_statistics') }}
    where purpose = 'spending'

),

moments as (

    select
        monetary_value / customers as mean_value,
        product / customers - (frequency / customers) * (monetary_value / customers) as covariance,
        frequency_squared / customers - power(frequency / customers, 2) as frequency_variance,
        monetary_value_squared / customers - power(monetary_value / customers, 2)
            as value_variance
    from sums
    where customers > 0

),

correlations as (

    select
        mean_value,
        case
            when frequency_variance > 0 and value_variance > 0
                then covariance / sqrt(frequency_variance * value_variance)
        end as correlation
    from moments

),

spending as (

    select
        fits.p,
        fits.q,
        fits.v,
        correlations.mean_value,
        correlations.correlation,
        case
            when 100 * abs(correlations.correlation) >= limits.greatest_correlation_percent
                then 'shrunk_mean'
            when not fits.is_converged then 'none'
            when fits.q <= 1 then 'shrunk_mean'
            else 'gamma_gamma'
        end as method
    from {{ ref('int_value_fits') }} as fits
    cross join correlations
    cross join {{ ref('int_value_limits') }} as limits
    where fits.model = 'gamma_gamma'

)

select * from spending
