-- Law: `any` counts every signal of a subject but its reactivations, void ones included.

{{ config(meta={'dagster': {'ref': {'name': 'int_signal_days'}}}) }}

with

counts as (

    select
        coalesce(sum(facts) filter (where signal = 'any'), 0) as any_facts,
        coalesce(sum(facts) filter (where signal not in ('any', 'reactivation')), 0) as facts
    from {{ ref('int_signal_days') }}

),

wrong_counts as (

    select * from counts where any_facts <> facts

)

select * from wrong_counts
