-- Law: lifecycle_current holds the open intervals of the history, each once and unchanged.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_current'}}}) }}

{% set columns = [
    'framework', 'subject_id', 'subject_type', 'valid_from', 'stage', 'health', 'rule', 'previous_stage',
    'previous_health', 'cycle', 'movement', 'skipped_stages', 'next_change_on', 'next_stage',
    'next_health',
] %}

with

open_intervals as (

    select
        {{ columns | join(', ') }},
        1 as side
    from {{ ref('lifecycle_history') }}
    where valid_to is null

    union all

    select
        {{ columns | join(', ') }},
        -1 as side
    from {{ ref('lifecycle_current') }}

),

unbalanced_intervals as (

    {{ unbalanced_rows('open_intervals', columns) }}

)

select * from unbalanced_intervals
