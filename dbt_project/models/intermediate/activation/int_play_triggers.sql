-- What happens to a subject that a play answers, each day once, at its first instant; `state_until`
-- is the first day on which it is over again: the open end where it never is. Only what was so on
-- the day itself counts.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

happenings as (

    select * from {{ ref('int_state_triggers') }}

    union all

    select * from {{ ref('int_fact_triggers') }}

    union all

    select * from {{ ref('int_order_wait_triggers') }}

    union all

    select * from {{ ref('int_expectation_triggers') }}

),

play_triggers as (

    select
        happenings.play,
        happenings.subject_key,
        happenings.triggered_on,
        min(happenings.triggered_at) as triggered_at,
        min(happenings.state_until) as state_until
    from happenings
    cross join settings
    where happenings.triggered_on <= settings.as_of_date
    group by
        happenings.play,
        happenings.subject_key,
        happenings.triggered_on

)

select * from play_triggers
