-- Law: the person-weeks with a message before them are the weeks in which persons got one and that
-- a whole week has followed.

{{ config(meta={'dagster': {'ref': {'name': 'contact_pressure'}}}) }}

with

told as (

    select coalesce(sum(person_weeks), 0) as weeks
    from {{ ref('contact_pressure') }}
    where messages <> '0'

),

message_weeks as (

    select
        outcomes.person_key,
        {{ period_start('outcomes.fact_date', 'week') }} as monday
    from {{ ref('int_message_outcomes') }} as outcomes
    cross join {{ ref('int_settings') }} as settings
    where
        {{ add_days(period_start('outcomes.fact_date', 'week'), 13) }} <= settings.as_of_date
    group by
        outcomes.person_key,
        {{ period_start('outcomes.fact_date', 'week') }}

),

counted as (

    select count(*) as weeks
    from message_weeks

)

select told.weeks
from told
cross join counted
where told.weeks <> counted.weeks
