-- The dates on which a subject's health changes, found from timers (last order + limit), never by
-- walking over days. Changes after the as-of date are what will happen if nothing else does. Over
-- 120 lines, since the limits alone prove nothing: its unit tests go from epochs to healths.

with

policy as (

    select * from {{ ref('health_policy') }} where key = 'default'

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

),

limits as (

    select
        epochs.subject_key,
        epochs.epoch_from,
        epochs.epoch_to,
        epochs.order_days,
        epochs.last_order_on,
        {{ silence_limit('epochs.mean_log_gap', 'policy.z_at_risk', 'policy') }} as at_risk_after,
        {{ silence_limit('epochs.mean_log_gap', 'policy.z_lapsed', 'policy') }} as lapsed_limit
    from epochs
    cross join policy
    where epochs.order_days > 0

),

timers as (

    select
        subject_key,
        epoch_from,
        epoch_to,
        {{ add_days('last_order_on', 'at_risk_after') }} as at_risk_on,
        {{ add_days('last_order_on', 'greatest(at_risk_after + 1, lapsed_limit)') }} as lapsed_on
    from limits

),

epoch_starts as (

    select
        subject_key,
        epoch_from as changed_on,
        case
            when epoch_from < at_risk_on then 'active'
            when epoch_from < lapsed_on then 'at_risk'
            else 'lapsed'
        end as health
    from timers

    union all

    select
        subject_key,
        epoch_from as changed_on,
        'prospect' as health
    from epochs
    where order_days = 0

),

timer_changes as (

    select
        subject_key,
        at_risk_on as changed_on,
        'at_risk' as health
    from timers
    where
        at_risk_on > epoch_from
        and (epoch_to is null or at_risk_on < epoch_to)

    union all

    select
        subject_key,
        lapsed_on as changed_on,
        'lapsed' as health
    from timers
    where
        lapsed_on > epoch_from
        and (epoch_to is null or lapsed_on < epoch_to)

),

dated_health as (

    select * from epoch_starts

    union all

    select * from timer_changes

),

-- A subject without orders yet is a prospect.
compared_health as (

    select
        subject_key,
        changed_on,
        health,
        lag(health, 1, 'prospect') over (
            partition by subject_key order by changed_on
        ) as previous_health
    from dated_health

),

health_changes as (

    select * from compared_health where health <> previous_health

)

select * from health_changes
