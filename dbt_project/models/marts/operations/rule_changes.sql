-- The ledger of rules: every change of the rules that was published, and how many subjects it
-- moved. A subject has moved if another stage or health is said of it, of the last day of the
-- version before, in a framework that both have; without such a framework everybody has. Where
-- something arrived of the subject since, that may be another cause: nobody can tell, so these are
-- counted apart, and count. Exempt from byte-equality: it names builds. Over 120 lines, since where
-- everybody stood, who moved and the ledger before are three things.

{% set rules_hash = env_var('LIFECYCLE_RULES_HASH', 'unknown') if execute -%}
{%- set build_id = env_var('LIFECYCLE_BUILD_ID', 'by-hand') if execute -%}
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
    left join compared_frameworks as compared on standings.framework = compared.framework
    where
        compared.framework is not null
        or not exists (select 1 from compared_frameworks)
    group by
        standings.framework,
        standings.subject_id

),

touched_subjects as (

    {% if execute and load_relation(touched) is not none -%}
    select subject_id from {{ touched }}
    {%- else -%}
    select subject_id from framework_standings where false
    {%- endif %}

),

compared_subjects as (

    select
        standings.subject_id,
        not bool_and(standings.is_same) as is_elsewhere,
        bool_or(touched.subject_id is not null) as is_touched
    from framework_standings as standings
    left join touched_subjects as touched on standings.subject_id = touched.subject_id
    group by standings.subject_id

),

movements as (

    select
        count(*) as subjects,
        count(case when is_elsewhere and not is_touched then 1 end) as subjects_moved,
        count(case when is_elsewhere and is_touched then 1 end) as subjects_unclear
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
        case when movements.subjects > 0 then movements.subjects_unclear end as subjects_unclear,
        {{ exact_ratio(
            '(movements.subjects_moved + movements.subjects_unclear)', 'movements.subjects', 0
        ) }} as moved_share
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
        subjects_unclear,
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
        subjects_unclear,
        moved_share
    from present_rules
    where
        previous_rules_hash is null
        or previous_rules_hash <> rules_hash
        or not exists (select 1 from earlier_changes)

)

select * from rule_changes
