-- The ledger of rules: every change of the rules that was published, and how many subjects it
-- moved. A subject has moved if another stage or health is said of it, of the last day of the
-- version before, in a framework that both have; subjects of whom something arrived since are left
-- out, for theirs may be another cause. Exempt from byte-equality: it names builds. Over 120 lines,
-- since where everybody stood, who moved and the ledger before are three things.

{% set rules_hash = env_var('LIFECYCLE_RULES_HASH', 'unknown') -%}
{%- set build_id = env_var('LIFECYCLE_BUILD_ID', 'by-hand') -%}
{%- set standing = ['framework', 'subject_id', 'stage', 'health'] -%}
{%- set ledger = source('previous', 'rule_changes') -%}
{%- set touched = source('previous', 'touched_subjects') %}

with

previous_build as (

    select
        builds.rules_hash,
        least(builds.as_of_date, settings.as_of_date) as compared_on
    from ({{ previous_build() }}) as builds
    cross join {{ ref('int_settings') }} as settings

),

previous_intervals as (

    {{ previous_rows('lifecycle_history', standing + ['valid_from', 'valid_to']) }}

),

standings as (

    {% for intervals in ['previous_intervals', ref('lifecycle_history')] -%}
    select
        {% for column in standing -%}
        intervals.{{ column }},
        {% endfor -%}
        {{ loop.index }} as side
    from {{ intervals }} as intervals
    cross join previous_build
    where
        intervals.valid_from <= previous_build.compared_on
        and coalesce(intervals.valid_to > previous_build.compared_on, true)
    {{ 'union all' if not loop.last }}

    {% endfor -%}
),

compared_frameworks as (

    select framework
    from standings
    group by framework
    having count(distinct side) = 2

),

framework_standings as (

    select
        standings.framework,
        standings.subject_id,
        count(*) = 2
        and min(standings.stage) = max(standings.stage)
        and min(standings.health) = max(standings.health) as is_same
    from standings
    inner join compared_frameworks on standings.framework = compared_frameworks.framework
    {%- if execute and load_relation(touched) is not none %}
    left join {{ touched }} as touched on standings.subject_id = touched.subject_id
    where touched.subject_id is null
    {%- endif %}
    group by
        standings.framework,
        standings.subject_id

),

compared_subjects as (

    select
        subject_id,
        bool_and(is_same) as is_same
    from framework_standings
    group by subject_id

),

movements as (

    select
        count(*) as subjects,
        cast(coalesce(sum(case when is_same then 0 else 1 end), 0) as bigint) as subjects_moved
    from compared_subjects

),

present_rules as (

    select
        '{{ build_id }}' as first_build_id,
        '{{ rules_hash }}' as rules_hash,
        (select previous_build.rules_hash from previous_build) as previous_rules_hash,
        settings.as_of_date,
        case when movements.subjects > 0 then movements.subjects end as subjects,
        case when movements.subjects > 0 then movements.subjects_moved end as subjects_moved,
        {{ exact_ratio('movements.subjects_moved', 'movements.subjects', 0) }} as moved_share
    from movements
    cross join {{ ref('int_settings') }} as settings

),

earlier_changes as (

    {% if execute and load_relation(ledger) is not none -%}
    select * from {{ ledger }}
    {%- else -%}
    select * from present_rules where false
    {%- endif %}

),

rule_changes as (

    select
        first_build_id,
        rules_hash,
        previous_rules_hash,
        as_of_date,
        subjects,
        subjects_moved,
        moved_share
    from earlier_changes

    union all

    select
        first_build_id,
        rules_hash,
        previous_rules_hash,
        as_of_date,
        subjects,
        subjects_moved,
        moved_share
    from present_rules
    where
        previous_rules_hash is null
        or previous_rules_hash <> rules_hash
        or not exists (select 1 from earlier_changes)

)

select * from rule_changes
