-- What there is to say of each person beside orders: visits, tickets, answers, points, referrals.
-- Over 120 lines, since each of them is counted by itself.

with

settings as (

    select
        as_of_date,
        {{ add_days('as_of_date', -30) }} as month_after,
        {{ add_days('as_of_date', -365) }} as year_after
    from {{ ref('int_settings') }}

),

visits as (

    select
        sessions.person_key,
        max(sessions.session_date) as last_visit_on,
        sum(case when sessions.session_date > settings.month_after then 1 else 0 end)
            as visits_30d,
        max_by(
            sessions.device_type,
            case
                when sessions.device_type is not null
                    then (sessions.started_at, sessions.session_id)
            end
        ) as device_type
    from {{ ref('int_sessions') }} as sessions
    cross join settings
    group by sessions.person_key

),

tickets as (

    select
        tickets.person_key,
        sum(case when tickets.resolved_at is null then 1 else 0 end) as open_tickets,
        sum(case when tickets.opened_on > settings.year_after then 1 else 0 end)
            as tickets_365d
    from {{ ref('int_support_tickets') }} as tickets
    cross join settings
    group by tickets.person_key

),

answers as (

    select
        person_key,
        {% for survey in ['nps', 'csat'] -%}
        max_by(
            case when signal = '{{ survey }}' then score end,
            case when signal = '{{ survey }}' then (occurred_at, event_id) end
        ) as last_{{ survey }},
        {% endfor -%}
        max(case when signal = 'nps' then fact_date end) as last_nps_on
    from {{ ref('int_survey_signals') }}
    where has_score
    group by person_key

),

points as (

    select
        person_key,
        sum(case when signal = 'points_earned' then value else -value end) as loyalty_points
    from {{ ref('int_person_signals_by_name') }}
    where
        signal in ('points_earned', 'points_redeemed')
        and value is not null
    group by person_key

),

referrals as (

    select
        referrer_key as person_key,
        count(*) as referrals
    from {{ ref('int_referral_edges') }}
    group by referrer_key

),

contact_summaries as (

    select
        customers.person_key,
        visits.last_visit_on,
        coalesce(visits.visits_30d, 0) as visits_30d,
        visits.device_type,
        coalesce(tickets.open_tickets, 0) as open_tickets,
        coalesce(tickets.tickets_365d, 0) as tickets_365d,
        answers.last_nps,
        answers.last_nps_on,
        answers.last_csat,
        points.loyalty_points,
        coalesce(referrals.referrals, 0) as referrals
    from {{ ref('int_customers') }} as customers
    left join visits on customers.person_key = visits.person_key
    left join tickets on customers.person_key = tickets.person_key
    left join answers on customers.person_key = answers.person_key
    left join points on customers.person_key = points.person_key
    left join referrals on customers.person_key = referrals.person_key

)

select * from contact_summaries
