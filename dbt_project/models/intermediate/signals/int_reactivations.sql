-- Days on which a lapsed subject came back: with an order, or with a paid period that runs. Either
-- makes it healthier that day, so such a day is always a change of health from lapsed. An order may
-- be voided, a paid period is not.

with

subscriber_days as (

    select
        person_key as subject_key,
        begins_on
    from {{ ref('int_paid_periods') }}
    where ends_on > begins_on

),

comeback_days as (

    select
        subject_key,
        order_date as came_back_on,
        voided_on
    from {{ ref('int_order_days') }}

    union all

    select
        subject_key,
        begins_on as came_back_on,
        cast(null as date) as voided_on
    from subscriber_days

    union all

    select
        members.account_key as subject_key,
        subscriber_days.begins_on as came_back_on,
        cast(null as date) as voided_on
    from subscriber_days
    inner join {{ ref('int_account_members') }} as members
        on subscriber_days.subject_key = members.person_key

),

reactivations as (

    select
        comeback_days.subject_key,
        comeback_days.came_back_on as reactivated_on,
        case
            when count(*) = count(comeback_days.voided_on) then max(comeback_days.voided_on)
        end as voided_on
    from comeback_days
    inner join {{ ref('int_health_changes') }} as health_changes
        on
            comeback_days.subject_key = health_changes.subject_key
            and comeback_days.came_back_on = health_changes.changed_on
    where health_changes.previous_health = 'lapsed'
    group by
        comeback_days.subject_key,
        comeback_days.came_back_on

)

select * from reactivations
