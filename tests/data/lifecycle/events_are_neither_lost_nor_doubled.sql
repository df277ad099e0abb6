-- Law: every staged event up to the as-of date has one first row; a join that loses or doubles
-- events shows in the count.

{{ config(meta={'dagster': {'ref': {'name': 'int_event_signals'}}}) }}

with

counts as (

    select
        (
            select count(*)
            from {{ ref('stg_events') }} as events
            cross join {{ ref('int_settings') }} as settings
            where {{ local_date('events.occurred_at') }} <= settings.as_of_date
        ) as staged_events,
        (select count(*) from {{ ref('int_events') }}) as events

),

wrong_counts as (

    select * from counts where staged_events <> events

)

select * from wrong_counts
