-- Tickets that persons opened, and satisfaction that they told, from a month's first day to the end
-- of the outlook on it; what falls into the outlooks on two months counts in both.

with

contacts as (

    select
        person_key,
        opened_on as date,
        1 as tickets,
        0 as csat_answers,
        cast(0 as decimal(18, 4)) as csat
    from {{ ref('int_support_tickets') }}

    union all

    select
        person_key,
        fact_date as date,
        0 as tickets,
        1 as csat_answers,
        cast(score as decimal(18, 4)) as csat
    from {{ ref('int_survey_signals') }}
    where signal = 'csat' and has_score

),

month_contacts as (

    select
        *,
        {{ period_start('date', 'month') }} as month
    from contacts

    union all

    select
        contacts.*,
        {{ add_months(period_start('contacts.date', 'month'), -1) }} as month
    from contacts
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        {{ days_between(add_months(period_start('contacts.date', 'month'), -1), 'contacts.date') }}
        < windows.contact_outlook_days

),

person_months as (

    select
        person_key,
        month,
        sum(tickets) as tickets,
        sum(csat_answers) as csat_answers,
        sum(csat) as csat
    from month_contacts
    group by
        person_key,
        month

)

select * from person_months
