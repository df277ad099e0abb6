-- What a subject's orders say of its health, by date of change: found from timers (last order +
-- limit), never by walking over days. Null says that no order stands. Changes after the as-of date
-- are what will happen if nothing else does.

with

limits as (

    select * from {{ ref('int_order_limits') }}

),

dated_health as (

    select
        subject_key,
        epoch_from as changed_on,
        case
            when epoch_from < at_risk_on then 'active'
            when epoch_from < lapsed_on then 'at_risk'
            else 'lapsed'
        end as health
    from limits

    union all

    select
        subject_key,
        at_risk_on as changed_on,
        'at_risk' as health
    from limits
    where
        at_risk_on > epoch_from
        and at_risk_on < lapsed_on
        and (epoch_to is null or at_risk_on < epoch_to)

    union all

    select
        subject_key,
        lapsed_on as changed_on,
        'lapsed' as health
    from limits
    where
        lapsed_on > epoch_from
        and (epoch_to is null or lapsed_on < epoch_to)

    union all

    select
        subject_key,
        epoch_from as changed_on,
        cast(null as string) as health
    from {{ ref('int_order_epochs') }}
    where order_days = 0

),

compared_health as (

    select
        subject_key,
        changed_on,
        health,
        lag(health) over (partition by subject_key order by changed_on) as previous_health
    from dated_health

),

order_health as (

    select *
    from compared_health
    where health is distinct from previous_health

)

select * from order_health
