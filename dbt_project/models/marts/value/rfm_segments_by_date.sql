-- How customers stood by recency, frequency and value, month by month.

with

segments as (

    select
        segments.as_of_date,
        persons.person_id as subject_id,
        segments.recency_days,
        segments.frequency,
        segments.monetary,
        segments.recency_score,
        segments.frequency_score,
        segments.monetary_score,
        segments.segment,
        segments.previous_segment,
        segments.segment_since
    from {{ ref('int_rfm_segments') }} as segments
    inner join {{ ref('int_persons') }} as persons on segments.person_key = persons.person_key

)

select * from segments
