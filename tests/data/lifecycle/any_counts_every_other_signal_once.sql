-- Law: `any` counts every signal of a person but its reactivations, void ones included.

{{ config(meta={'dagster': {'ref': {'name': 'int_signal_days'}}}) }}

with

counts as (

    select
        (
            select coalesce(sum(signal_days.facts), 0)
            from {{ ref('int_signal_days') }} as signal_days
            inner join {{ ref('int_persons') }} as persons
                on signal_days.subject_key = persons.person_key
            where signal_days.signal = 'any'
        ) as any_facts,
        (select count(*) from {{ ref('int_dated_signals') }}) as facts

),

wrong_counts as (

    select * from counts where any_facts <> facts

)

select * from wrong_counts
