-- What health_policy.csv would say if it followed what was known on a day. Quantiles that nothing
-- has judged yet, and bounds, which are nobody's estimate, are those in use.

with

recommended_policies as (

    select
        fits.known_on,
        fits.prior_gap_days,
        fits.prior_weight,
        fits.log_gap_sigma,
        coalesce(cast(fits.at_risk_percent as double) / 100, policy.at_risk_quantile)
            as at_risk_quantile,
        coalesce(cast(fits.lapsed_percent as double) / 100, policy.lapsed_quantile)
            as lapsed_quantile,
        policy.min_days,
        policy.max_days,
        policy.cold_after_days
    from {{ ref('int_pace_fits') }} as fits
    cross join {{ ref('health_policy') }} as policy
    where
        fits.is_converged
        and policy.key = 'default'

)

select * from recommended_policies
