-- The sets of conditions that are true together somewhere: few, however many customers there are,
-- so stages are decided here and not per customer.

with

condition_sets as (

    select
        subjects.subject_type,
        states.word_0,
        states.word_1
    from {{ ref('int_subject_states') }} as states
    inner join {{ ref('int_subjects') }} as subjects on states.subject_key = subjects.subject_key
    group by
        subjects.subject_type,
        states.word_0,
        states.word_1

)

select * from condition_sets
