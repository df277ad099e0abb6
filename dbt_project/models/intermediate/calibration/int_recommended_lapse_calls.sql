-- After how many days of silence the policy that was recommended on a month end would have called
-- a customer lapsed, as health tells it.

with

policies as (

    select
        *,
        {{ normal_quantile('at_risk_quantile') }} as at_risk_normal,
        {{ normal_quantile('lapsed_quantile') }} as lapsed_normal
    from {{ ref('int_recommended_policies') }}

),

rhythms as (

    select
        trials.person_key,
        trials.month_end,
        trials.last_order_on,
        trials.has_returned,
        (orders.log_gaps + policies.prior_weight * ln(policies.prior_gap_days))
        / (orders.gaps + policies.prior_weight) as mean_log_gap
    from {{ ref('int_lapse_trials') }} as trials
    inner join policies on trials.month_end = policies.known_on
    inner join {{ ref('int_order_snapshots') }} as orders
        on
            trials.person_key = orders.person_key
            and trials.month_end = orders.known_on

),

recommended_lapse_calls as (

    select
        rhythms.person_key,
        rhythms.month_end,
        rhythms.last_order_on,
        rhythms.has_returned,
        greatest(
            {{ silence_limit('rhythms.mean_log_gap', 'policies.at_risk_normal', 'policies') }} + 1,
            {{ silence_limit('rhythms.mean_log_gap', 'policies.lapsed_normal', 'policies') }}
        ) as lapsed_after
    from rhythms
    inner join policies on rhythms.month_end = policies.known_on

)

select * from recommended_lapse_calls
