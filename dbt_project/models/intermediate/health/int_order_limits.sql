-- How long a subject usually takes between two orders, and when silence makes it at risk or lapsed,
-- while its set of standing order days is the same.

with

-- A stated quantile is rounded, and may be blank: what counts is what it is.
policy as (

    select
        *,
        {{ normal_quantile('at_risk_quantile') }} as at_risk_normal,
        {{ normal_quantile('lapsed_quantile') }} as lapsed_normal
    from {{ ref('health_policy') }}
    where key = 'default'

),

epochs as (

    select
        order_epochs.*,
        (
            coalesce(cast(order_epochs.log_gaps as double), 0)
            + policy.prior_weight * ln(policy.prior_gap_days)
        ) / (order_epochs.order_days - 1 + policy.prior_weight) as mean_log_gap
    from {{ ref('int_order_epochs') }} as order_epochs
    cross join policy
    where order_epochs.order_days > 0

),

limits as (

    select
        epochs.*,
        cast(ceil(round(exp(epochs.mean_log_gap), 6)) as integer) as usual_gap_days,
        coalesce(
            policy.at_risk_after_days,
            {{ silence_limit('epochs.mean_log_gap', 'policy.at_risk_normal', 'policy') }}
        ) as at_risk_after,
        policy.lapsed_after_days as stated_lapsed_after,
        {{ silence_limit('epochs.mean_log_gap', 'policy.lapsed_normal', 'policy') }} as lapsed_limit
    from epochs
    cross join policy

),

order_limits as (

    select
        subject_key,
        epoch_from,
        epoch_to,
        last_order_on,
        usual_gap_days,
        {{ add_days('last_order_on', 'at_risk_after') }} as at_risk_on,
        -- A stated limit stands as it is; one before the other leaves no time at risk.
        {{ add_days(
            'last_order_on',
            'greatest(at_risk_after, coalesce(stated_lapsed_after, '
            ~ 'greatest(at_risk_after + 1, lapsed_limit)))'
        ) }} as lapsed_on
    from limits

)

select * from order_limits
