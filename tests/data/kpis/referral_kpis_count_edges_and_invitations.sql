-- Over all days: new customers were referred if another person's edge or a code on the first order
-- says so, and every invitation counts once.
with

told as (

    select
        sum(case when kpi = 'referral_rate' then numerator end) as referred_customers,
        sum(case when kpi = 'invite_conversion_rate' then numerator end) as converted_invitations,
        sum(case when kpi = 'invite_conversion_rate' then denominator end) as invitations
    from {{ ref('kpi_values') }}
    where
        kpi in ('referral_rate', 'invite_conversion_rate')
        and period_grain = 'day'
        and dimension = 'all'

),

ranked_orders as (

    select
        persons.person_id as subject_id,
        trim(coalesce(orders.referral_code, '')) <> '' as has_code,
        row_number() over (
            partition by orders.person_key
            order by orders.created_at, orders.order_id
        ) as order_number
    from {{ ref('int_booked_orders') }} as orders
    inner join {{ ref('int_persons') }} as persons on orders.person_key = persons.person_key
    where not orders.is_guest

),

counted as (

    select
        (
            select count(*)
            from ranked_orders
            where
                ranked_orders.order_number = 1
                and (
                    ranked_orders.has_code
                    or ranked_orders.subject_id in (
                        select edges.subject_id from {{ ref('referral_edges') }} as edges
                    )
                )
        ) as referred_customers,
        (
            select count(*)
            from {{ ref('int_invitations') }}
            where converted_on is not null
        ) as converted_invitations,
        (select count(*) from {{ ref('int_invitations') }}) as invitations

)

select
    told.*,
    counted.referred_customers as counted_customers,
    counted.converted_invitations as counted_conversions,
    counted.invitations as counted_invitations
from told
cross join counted
where
    {{ history_is_whole() }}
    and (
        told.referred_customers <> counted.referred_customers
        or told.converted_invitations <> counted.converted_invitations
        or told.invitations <> counted.invitations
    )
