-- The sets of conditions that are true together somewhere: few, however many customers there are,
-- so stages are decided here and not per customer.

with

condition_sets as (

    select
        {{ subject_type('subject_key') }} as subject_type,
        word_0,
        word_1
    from {{ ref('int_subject_states') }}
    group by
        {{ subject_type('subject_key') }},
        word_0,
        word_1

)

select * from condition_sets
