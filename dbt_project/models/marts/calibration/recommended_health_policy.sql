-- The health policy that the gaps between this shop's orders recommend, or why there is none.

with

recommended_health_policy as (

    select
        'default' as key,
        cast(policies.prior_gap_days as decimal(38, 10)) as prior_gap_days,
        cast(policies.prior_weight as decimal(38, 10)) as prior_weight,
        cast(policies.log_gap_sigma as decimal(38, 10)) as log_gap_sigma,
        cast(policies.at_risk_quantile as decimal(38, 10)) as at_risk_quantile,
        cast({{ normal_quantile('policies.at_risk_quantile') }} as decimal(38, 10)) as z_at_risk,
        cast(policies.lapsed_quantile as decimal(38, 10)) as lapsed_quantile,
        cast({{ normal_quantile('policies.lapsed_quantile') }} as decimal(38, 10)) as z_lapsed,
        policies.min_days,
        policies.max_days,
        policies.cold_after_days,
        cast(null as integer) as at_risk_after_days,
        cast(null as integer) as lapsed_after_days,
        case
            when policies.known_on is not null then null
            when fits.known_on is not null then 'the fit of gaps did not converge'
            else 'too few customers have ordered on three days'
        end as reason
    from {{ ref('int_settings') }} as settings
    left join {{ ref('int_pace_fits') }} as fits on settings.as_of_date = fits.known_on
    left join {{ ref('int_recommended_policies') }} as policies
        on settings.as_of_date = policies.known_on

)

select * from recommended_health_policy
