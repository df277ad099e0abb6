-- New customers on the date of their first booked order, invitations on the date of sending. The
-- viral coefficient sets the invitations that converted against the customers active at the end.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_referrals'

),

first_orders as (

    select
        person_key,
        min(order_date) as first_order_on,
        min_by(
            coalesce(nullif(trim(referral_code), ''), ''), (created_at, order_id)
        ) as referral_code
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by person_key

),

referred_persons as (

    select person_key
    from {{ ref('int_referral_edges') }}
    group by person_key

),

customer_rows as (

    select
        kpis.kpi,
        customers.first_order_on as fact_date,
        customers.person_key,
        case kpis.kpi
            when 'referral_rate'
                then cast(
                    customers.referral_code <> '' or referred_persons.person_key is not null
                    as integer
                )
        end as numerator,
        case kpis.kpi when 'referral_rate' then 1 end as denominator
    from first_orders as customers
    left join referred_persons on customers.person_key = referred_persons.person_key
    cross join kpis

),

invitation_rows as (

    select
        kpis.kpi,
        invitations.fact_date,
        invitations.person_key,
        case kpis.kpi
            when 'invite_conversion_rate' then cast(invitations.converted_on is not null as integer)
            when 'viral_coefficient' then cast(invitations.converted_on is not null as integer)
        end as numerator,
        case kpis.kpi when 'invite_conversion_rate' then 1 end as denominator
    from {{ ref('int_invitations') }} as invitations
    cross join kpis

),

active_rows as (

    select
        kpis.kpi,
        health.valid_from,
        health.valid_to,
        health.person_key,
        case kpis.kpi when 'viral_coefficient' then 1 end as denominator
    from {{ ref('int_customer_health') }} as health
    cross join kpis
    where health.is_active

),

kpi_rows as (

    {{ union_by_name(['customer_rows', 'invitation_rows', 'active_rows']) }}

)

select * from kpi_rows
