{# Stocks: what stands at the end of each period's last day (of the as-of date in a period that is
   not over), or, for an entry with at='start', at the end of the day before the period. Openings
   and closings of spans are summed per period and then along time, so that the work grows with the
   number of spans and not with spans times days.

   spans       a relation or CTE: person_key, valid_from, valid_to (the day after the last one; null
               or after the as-of date if open), spans of one unit never overlapping; the columns of
               the dimensions other than country and account, is_missing_rate (if any KPI is money),
               and what the entries name
   kpis        entries, see kpi_rows.sql, and `at`: `end` (default) or `start`
   dimensions  `country`, `account` (by month only) and columns of the spans
   names       see kpi_rows.sql #}
{% macro kpi_from_spans(spans, kpis, dimensions, names={}) -%}
with

kpi_spans as (

    {{ kpi_described_rows(spans, dimensions) }}

),

kpi_turns as (

    select
        *,
        valid_from as turned_on,
        1 as change
    from kpi_spans

    union all

    select
        kpi_spans.*,
        kpi_spans.valid_to as turned_on,
        -1 as change
    from kpi_spans
    cross join {{ ref('int_settings') }} as settings
    where kpi_spans.valid_to <= settings.as_of_date

),

kpi_turn_totals as (

    {% set ns = namespace(first=true) -%}
    {%- for grain in period_grains() -%}
    {%- for dimension in ['all'] + dimensions if dimension != 'account' or grain == 'month' -%}
    {%- if not ns.first %}

    union all

    {% endif -%}
    {%- set ns.first = false -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('turned_on', grain) }} as period_start,
        {{ names[dimension] or "'" ~ dimension ~ "'" }} as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as dimension_value
        {%- for entry in kpis %}
        {%- set counts = kpi_counts(entry) -%}
        {%- set sample = entry.sample or entry.denominator
            or 'case when ' ~ counts ~ ' then 1 else 0 end' %},
        sum(change * ({{ entry.numerator }})) as numerator_{{ loop.index }},
        {% if entry.denominator is defined -%}
        sum(change * ({{ entry.denominator }})) as denominator_{{ loop.index }},
        {%- endif %}
        sum(change * ({{ sample }})) as sample_{{ loop.index }},
        {% if entry.is_money -%}
        sum(case when is_missing_rate and {{ counts }} then change else 0 end)
            as missing_{{ loop.index }},
        {%- endif %}
        sum(case when {{ counts }} then change else 0 end) as counted_{{ loop.index }}
        {%- endfor %}
    from kpi_turns
    group by
        {{ period_start('turned_on', grain) }}
        {%- if dimension != 'all' %},
        {{ dimension }}
        {%- endif %}
        {%- if names[dimension] %},
        {{ names[dimension] }}
        {%- endif %}
    {%- endfor -%}
    {%- endfor %}

),

kpi_turn_rows as (

    {% for entry in kpis -%}
    select
        '{{ entry.kpi }}' as kpi,
        {{ 1 if entry.at == 'start' else 0 }} as periods_back,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        coalesce(numerator_{{ loop.index }}, 0) as numerator,
        {% if entry.denominator is defined -%}
        coalesce(denominator_{{ loop.index }}, 0) as denominator,
        {%- else -%}
        cast(null as decimal(38, 4)) as denominator,
        {%- endif %}
        coalesce(sample_{{ loop.index }}, 0) as sample_size,
        {{ 'missing_' ~ loop.index if entry.is_money else '0' }} as missing,
        counted_{{ loop.index }} as counted
    from kpi_turn_totals
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

kpi_slices as (

    select
        kpi,
        periods_back,
        period_grain,
        dimension,
        dimension_value,
        min(period_start) as first_start
    from kpi_turn_rows
    group by
        kpi,
        periods_back,
        period_grain,
        dimension,
        dimension_value

),

kpi_end_balances as (

    select
        slices.kpi,
        slices.periods_back,
        slices.period_grain,
        periods.period_start,
        slices.dimension,
        slices.dimension_value,
        sum(coalesce(turns.numerator, 0)) over so_far as numerator,
        sum(turns.denominator) over so_far as denominator,
        sum(coalesce(turns.sample_size, 0)) over so_far as sample_size,
        sum(coalesce(turns.missing, 0)) over so_far as missing,
        sum(coalesce(turns.counted, 0)) over so_far as counted
    from kpi_slices as slices
    inner join {{ ref('int_periods') }} as periods
        on
            slices.period_grain = periods.period_grain
            and slices.first_start <= periods.period_start
    left join kpi_turn_rows as turns
        on
            slices.kpi = turns.kpi
            and slices.period_grain = turns.period_grain
            and slices.dimension = turns.dimension
            and slices.dimension_value = turns.dimension_value
            and periods.period_start = turns.period_start
    window so_far as (
        partition by
            slices.kpi, slices.period_grain, slices.dimension, slices.dimension_value
        order by periods.period_start
    )

),

kpi_balances as (

    select * from kpi_end_balances where periods_back = 0

    union all

    select
        kpi,
        periods_back,
        period_grain,
        lead(period_start) over slice_periods as period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        missing,
        counted
    from kpi_end_balances
    where periods_back = 1
    window slice_periods as (
        partition by kpi, period_grain, dimension, dimension_value
        order by period_start
    )

),

kpi_period_rows as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        cast(numerator as decimal(38, 4)) as numerator,
        cast(denominator as decimal(38, 4)) as denominator,
        cast(sample_size as bigint) as sample_size,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        missing > 0 as is_missing_rate,
        false as is_unknown
    from kpi_balances
    where
        counted > 0
        and period_start is not null

),

kpi_rows as (

    {{ kpi_with_empty_periods('kpi_period_rows', kpis, period_grains()) }}

)

select * from kpi_rows
{%- endmacro %}
