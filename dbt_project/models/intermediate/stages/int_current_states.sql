-- The set of true conditions of each subject at the as-of date.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

current_states as (

    select
        states.subject_key,
        {{ subject_type('states.subject_key') }} as subject_type,
        max_by(states.word_0, states.valid_from) as word_0,
        max_by(states.word_1, states.valid_from) as word_1
    from {{ ref('int_subject_states') }} as states
    cross join settings
    where states.valid_from <= settings.as_of_date
    group by states.subject_key

)

select * from current_states
