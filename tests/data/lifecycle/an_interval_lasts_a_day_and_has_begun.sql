-- Law (non-empty): an interval ends after it begins, has begun by the as-of date, and is open
-- unless it ended by then.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

wrong_intervals as (

    select
        history.framework,
        history.subject_id,
        history.valid_from,
        history.valid_to
    from {{ ref('lifecycle_history') }} as history
    cross join {{ ref('int_settings') }} as settings
    where
        history.valid_to <= history.valid_from
        or history.valid_to > settings.as_of_date
        or history.valid_from > settings.as_of_date

)

select * from wrong_intervals
