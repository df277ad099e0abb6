-- Law: a current stage began by the as-of date, not after the current interval, and days_in_stage
-- is the time since.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_current'}}}) }}

with

wrong_ages as (

    select
        current_rows.framework,
        current_rows.subject_id,
        current_rows.valid_from,
        current_rows.stage_since,
        current_rows.days_in_stage
    from {{ ref('lifecycle_current') }} as current_rows
    cross join {{ ref('int_settings') }} as settings
    where
        current_rows.days_in_stage
        <> {{ days_between('current_rows.stage_since', 'settings.as_of_date') }}
        or current_rows.stage_since > current_rows.valid_from
        or (current_rows.movement <> 'health_only')
        <> (current_rows.stage_since = current_rows.valid_from)

)

select * from wrong_ages
