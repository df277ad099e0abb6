-- Law: `any` counts every signal but reactivations once for the person, and once more for the
-- person's account; void ones included.

{{ config(meta={'dagster': {'ref': {'name': 'int_signal_days'}}}) }}

with

counts as (

    select
        (
            select coalesce(sum(facts), 0)
            from {{ ref('int_signal_days') }}
            where signal = 'any'
        ) as any_facts,
        (
            select count(*) + count(members.person_key)
            from {{ ref('int_dated_signals') }} as signals
            left join {{ ref('int_account_members') }} as members
                on signals.person_key = members.person_key
        ) as signals

),

wrong_counts as (

    select * from counts where any_facts <> signals

)

select * from wrong_counts
