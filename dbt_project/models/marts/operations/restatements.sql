-- What the version before said of a period that was over, and this build says otherwise, with what
-- it came from. Exempt from byte-equality: it depends on that version. Over 120 lines, since cells
-- are found, compared and explained.
--
-- A period counts once no cell of it was open, immature or without input. What is told to date
-- (`time` in the catalogue's restates) changes with every day and is compared only on the same one.
-- The cause is the first that reaches the cell and that the catalogue expects of its KPI; if none
-- does, the first that there is.

{% set key = ['kpi', 'period_grain', 'period_start', 'dimension', 'dimension_value'] %}

with

previous_build as (

    select
        builds.*,
        least(builds.as_of_date, settings.as_of_date) as last_told_on,
        builds.as_of_date = settings.as_of_date as is_of_same_day
    from ({{ previous_build() }}) as builds
    cross join {{ ref('int_settings') }} as settings

),

previous_cells as (

    {{ previous_rows('kpi_values', key + ['period_end', 'value', 'status']) }}

),

present_cells as (

    select
        {% for column in key + ['period_end'] -%}
        {{ column }},
        {% endfor -%}
        value
    from {{ ref('kpi_values') }}

),

told_periods as (

    select
        cells.kpi,
        cells.period_grain,
        cells.period_start
    from previous_cells as cells
    inner join {{ ref('kpi_catalog') }} as catalogue on cells.kpi = catalogue.kpi
    cross join previous_build
    where
        cells.period_end <= {{ add_days('previous_build.last_told_on', 1) }}
        and (previous_build.is_of_same_day or catalogue.restates not like '%time%')
    group by
        cells.kpi,
        cells.period_grain,
        cells.period_start
    having bool_and(cells.status not in ('partial', 'immature', 'no_input'))

),

-- Neither earlier periods that are not written any more nor frameworks that came or went.
compared_periods as (

    select
        told_periods.kpi,
        told_periods.period_grain,
        told_periods.period_start
    from told_periods
    inner join present_cells
        on
            told_periods.kpi = present_cells.kpi
            and told_periods.period_grain = present_cells.period_grain
            and told_periods.period_start = present_cells.period_start
    group by
        told_periods.kpi,
        told_periods.period_grain,
        told_periods.period_start

),

compared_dimensions as (

    select dimension from previous_cells

    intersect

    select dimension from present_cells

),

both_cells as (

    {% for cells in ['previous_cells', 'present_cells'] -%}
    select
        {% for column in key + ['period_end'] -%}
        cells.{{ column }},
        {% endfor -%}
        {{ 'cells.value' if loop.first else 'cast(null as decimal(38, 10))' }} as old_value,
        {{ 'cells.value' if loop.last else 'cast(null as decimal(38, 10))' }} as new_value
    from {{ cells }} as cells
    inner join compared_periods
        on
            cells.kpi = compared_periods.kpi
            and cells.period_grain = compared_periods.period_grain
            and cells.period_start = compared_periods.period_start
    where cells.dimension in (select compared_dimensions.dimension from compared_dimensions)
    {{ 'union all' if not loop.last }}

    {% endfor -%}
),

changed_cells as (

    select
        {% for column in key + ['period_end'] -%}
        {{ column }},
        {% endfor -%}
        max(old_value) as old_value,
        max(new_value) as new_value
    from both_cells
    group by
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        period_end
    having max(old_value) is distinct from max(new_value)

),

reached_cells as (

    select
        changed_cells.*,
        {{ add_days('changed_cells.period_end', 'coalesce(catalogue.maturity_days, 0)') }}
            as reach_end,
        catalogue.restates
    from changed_cells
    inner join {{ ref('kpi_catalog') }} as catalogue on changed_cells.kpi = catalogue.kpi

),

restatements as (

    select
        {% for column in key + ['period_end', 'old_value', 'new_value'] -%}
        cells.{{ column }},
        {% endfor -%}
        case
            when builds.rules_from is not null then 'rules'
            when builds.settings_from is not null then 'settings'
            when builds.erasure_from < cells.reach_end then 'erasure'
            when builds.merge_or_link_from < cells.reach_end and cells.restates like '%link%'
                then 'merge_or_link'
            when
                builds.refund_or_cancellation_from < cells.reach_end
                and (cells.restates like '%refund%' or cells.restates like '%cancellation%')
                then 'refund_or_cancellation'
            when builds.late_fact_from < cells.reach_end then 'late_fact'
            when builds.rate_from < cells.reach_end then 'rate'
            when builds.erasure_from is not null then 'erasure'
            when builds.merge_or_link_from is not null then 'merge_or_link'
            when builds.refund_or_cancellation_from is not null then 'refund_or_cancellation'
            when builds.late_fact_from is not null then 'late_fact'
            when builds.rate_from is not null then 'rate'
            else 'unexplained'
        end as cause,
        builds.build_id as previous_build_id
    from reached_cells as cells
    cross join previous_build as builds

)

select * from restatements
