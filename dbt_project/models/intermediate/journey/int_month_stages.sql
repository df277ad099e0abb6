-- In which stage of every framework of persons each person began a month, and whether in a higher
-- one when the outlook on it was over: months whose outlook is over by the as-of date. An interval
-- is written once for each month that begins in it, so that no interval meets every month.

with

settings as (

    select
        settings.as_of_date,
        windows.contact_outlook_days - 1 as outlook_days
    from {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows

),

intervals as (

    select
        intervals.subject_key as person_key,
        moves.framework,
        stages.stage,
        stages.ordinal,
        intervals.valid_from,
        coalesce(intervals.next_from, {{ add_days('settings.as_of_date', 1) }}) as valid_to,
        settings.outlook_days,
        {{ add_days('settings.as_of_date', '-settings.outlook_days') }} as last_on
    from {{ ref('int_stage_intervals') }} as intervals
    cross join settings
    inner join {{ ref('int_possible_moves') }} as moves on intervals.move_no = moves.move_no
    inner join {{ ref('int_built_frameworks') }} as built_frameworks
        on moves.framework = built_frameworks.framework
    inner join {{ ref('framework_stages') }} as stages
        on
            moves.framework = stages.framework
            and moves.stage = stages.stage
    where built_frameworks.subject_type = 'person'

),

-- The day before the month begins, and the last day of the outlook on it.
{% for moment, shift in [('opening', '-1'), ('closing', 'outlook_days')] -%}
{{ moment }}_spans as (

    select
        person_key,
        framework,
        stage,
        ordinal,
        {{ period_start(add_days('valid_from', '-1 - ' ~ shift), 'month') }} as before_first,
        {{ period_start('least(' ~ add_days('valid_to', '-1 - ' ~ shift) ~ ', last_on)', 'month') }}
            as last_month
    from intervals

),

{{ moment }}_numbers as (

    select
        *,
        {{ repeat_row(
            'greatest(' ~ months_between('before_first', 'last_month') ~ ', 0)'
        ) }} + 1 as month_no
    from {{ moment }}_spans

),

{{ moment }}s as (

    select
        person_key,
        framework,
        stage,
        ordinal,
        {{ add_months('before_first', 'month_no') }} as month
    from {{ moment }}_numbers

),

{% endfor -%}
month_stages as (

    select
        openings.person_key,
        openings.framework,
        openings.month,
        openings.stage,
        closings.ordinal > openings.ordinal as has_advanced
    from openings
    inner join closings
        on
            openings.person_key = closings.person_key
            and openings.framework = closings.framework
            and openings.month = closings.month

)

select * from month_stages
