-- The signals of a subject of which some fact stops to stand: there, and only there, a fact's
-- neighbours do not tell what holds.

with

unsettled_signals as (

    select
        subject_key,
        signal_no
    from {{ ref('int_signal_days') }}
    where voided_on is not null
    group by
        subject_key,
        signal_no

)

select * from unsettled_signals
