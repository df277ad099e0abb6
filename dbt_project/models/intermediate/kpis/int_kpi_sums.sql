-- KPIs that add up: the facts of each day are summed per slice, longer periods are summed from the
-- days or told of the busiest one. Accounts, which may be many, are told of months alone and summed
-- by month at once. Over 120 lines, since the roll-ups name each of their columns four times.

with

dated_facts as (

    select
        *,
        case dimension
            when 'account' then {{ period_start('fact_date', 'month') }}
            else fact_date
        end as total_on
    from {{ ref('int_kpi_facts') }}
    where fact_date is not null

),

totals as (

    select
        kpi_no,
        total_on,
        dimension,
        dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        max(fact_date) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from dated_facts
    group by
        kpi_no,
        total_on,
        dimension,
        dimension_value

),

dated_totals as (

    select
        {% for grain in period_grains() if grain != 'day' -%}
        {{ period_start('totals.total_on', grain) }} as {{ grain }}_start,
        {% endfor -%}
        totals.*
    from totals

),

longer_totals as (

    select
        kpi_no,
        case
            {% for grain in period_grains() if grain != 'day' -%}
            when grouping({{ grain }}_start) = 0 then '{{ grain }}'
            {% endfor -%}
        end as period_grain,
        coalesce(
            {% for grain in period_grains() if grain != 'day' -%}
            {{ grain }}_start{{ ',' if not loop.last }}
            {% endfor %}
        ) as period_start,
        dimension,
        dimension_value,
        sum(numerator) as numerator,
        max(numerator) as busiest_numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        max(last_unit_on) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from dated_totals
    group by
        grouping sets (  -- noqa: PRS, LT02
            {% for grain in period_grains() if grain != 'day' -%}
            (kpi_no, dimension, dimension_value, {{ grain }}_start){{ ',' if not loop.last }}
            {% endfor %}
        )

),

grain_totals as (

    select
        kpi_no,
        'day' as period_grain,
        total_on as period_start,
        dimension,
        dimension_value,
        numerator,
        numerator as busiest_numerator,
        denominator,
        sample_size,
        last_unit_on,
        mature_on,
        is_missing_rate
    from dated_totals

    union all

    select * from longer_totals

),

-- A KPI without the grain has no slice of it.
period_totals as (

    select
        slices.kpi,
        totals.period_grain,
        totals.period_start,
        totals.dimension,
        totals.dimension_value,
        cast(
            case slices.aggregate
                when 'busiest' then totals.busiest_numerator
                else totals.numerator
            end as decimal(38, 10)
        ) as numerator,
        cast(totals.denominator as decimal(38, 10)) as denominator,
        {{ whole_of_float('totals.sample_size', 0) }} as sample_size,
        slices.parts_per_unit,
        totals.last_unit_on,
        totals.mature_on,
        totals.is_missing_rate
    from grain_totals as totals
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            totals.kpi_no = slices.kpi_no
            and totals.period_grain = slices.period_grain
            and totals.dimension = slices.dimension

)

select * from period_totals
