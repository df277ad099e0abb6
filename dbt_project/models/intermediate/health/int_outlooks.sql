-- What gave the health of the as-of date, and the days to act on if nothing new happens. One row
-- per subject with an order, a paid period or a change of health.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

subject_healths as (

    select
        changes.subject_key,
        max_by(
            changes.health,
            case when changes.changed_on <= settings.as_of_date then changes.changed_on end
        ) as health,
        min(
            case
                when
                    changes.changed_on > settings.as_of_date
                    and changes.health in ('at_risk', 'lapsed')
                    then changes.changed_on
            end
        ) as at_risk_on,
        min(
            case
                when changes.changed_on > settings.as_of_date and changes.health = 'lapsed'
                    then changes.changed_on
            end
        ) as lapsed_on
    from {{ ref('int_health_changes') }} as changes
    cross join settings
    group by changes.subject_key

),

subscription_healths as (

    select
        changes.subject_key,
        changes.person_key,
        changes.subscription_id,
        max_by(changes.health, changes.changed_on) as health
    from {{ ref('int_subscription_health') }} as changes
    cross join settings
    where changes.changed_on <= settings.as_of_date
    group by
        changes.subject_key,
        changes.person_key,
        changes.subscription_id

),

-- The names of these healths are in their order: the least is the best.
contract_healths as (

    select
        subject_key,
        min(health) as health
    from subscription_healths
    group by subject_key

),

order_rhythms as (

    select
        limits.subject_key,
        limits.usual_gap_days,
        {{ add_days('limits.last_order_on', 'limits.usual_gap_days') }} as expected_next_order_on
    from {{ ref('int_order_limits') }} as limits
    cross join settings
    where
        limits.epoch_from <= settings.as_of_date
        and coalesce(limits.epoch_to > settings.as_of_date, true)

),

outlooks as (

    select
        subject_healths.subject_key,
        case
            when subject_healths.health not in ('active', 'at_risk', 'lapsed') then null
            when contract_healths.health = subject_healths.health then 'contract'
            when subject_healths.health is not null then 'orders'
        end as health_basis,
        case
            when coalesce(subject_healths.health, 'prospect') not in ('at_risk', 'lapsed')
                then subject_healths.at_risk_on
        end as at_risk_on,
        case
            when coalesce(subject_healths.health, 'prospect') <> 'lapsed'
                then subject_healths.lapsed_on
        end as lapsed_on,
        order_rhythms.usual_gap_days,
        order_rhythms.expected_next_order_on,
        case
            when order_rhythms.expected_next_order_on < settings.as_of_date
                then cast(
                    {{ days_between(
                        'order_rhythms.expected_next_order_on', 'settings.as_of_date'
                    ) }} as integer
                )
        end as days_overdue,
        renewals.renews_on
    from subject_healths
    cross join settings
    left join contract_healths on subject_healths.subject_key = contract_healths.subject_key
    left join order_rhythms on subject_healths.subject_key = order_rhythms.subject_key
    left join {{ ref('int_renewals') }} as renewals
        on subject_healths.subject_key = renewals.subject_key

)

select * from outlooks
