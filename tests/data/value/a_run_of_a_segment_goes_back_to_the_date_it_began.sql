-- A segment that is the same as at the date before began when it did; another began today.

{{ config(meta={'dagster': {'ref': {'name': 'rfm_segments_by_date'}}}) }}

with

numbered_dates as (

    select
        as_of_date,
        row_number() over (order by as_of_date) as date_no
    from {{ ref('rfm_segments_by_date') }}
    group by as_of_date

),

rows_of_dates as (

    select
        segments.*,
        numbered_dates.date_no
    from {{ ref('rfm_segments_by_date') }} as segments
    inner join numbered_dates on segments.as_of_date = numbered_dates.as_of_date

)

select
    present.as_of_date,
    present.subject_id,
    present.segment,
    present.previous_segment,
    present.segment_since
from rows_of_dates as present
left join rows_of_dates as earlier
    on
        present.subject_id = earlier.subject_id
        and present.date_no = earlier.date_no + 1
where
    present.date_no > 1
    and (
        present.previous_segment is distinct from earlier.segment
        or present.segment_since <> case
            when
                earlier.subject_id is not null
                and earlier.segment is not distinct from present.segment
                then earlier.segment_since
            else present.as_of_date
        end
    )
