-- Law: stage_transitions holds the start of every interval, each once and unchanged.

{{ config(meta={'dagster': {'ref': {'name': 'stage_transitions'}}}) }}

{% set columns = [
    'framework', 'subject_id', 'changed_on', 'from_stage', 'to_stage', 'from_health', 'to_health',
    'movement', 'skipped_stages',
] %}

with

starts as (

    select
        framework,
        subject_id,
        valid_from as changed_on,
        previous_stage as from_stage,
        stage as to_stage,
        previous_health as from_health,
        health as to_health,
        movement,
        skipped_stages,
        1 as side
    from {{ ref('lifecycle_history') }}

    union all

    select
        {{ columns | join(', ') }},
        -1 as side
    from {{ ref('stage_transitions') }}

),

unbalanced_starts as (

    {{ unbalanced_rows('starts', columns) }}

)

select * from unbalanced_starts
