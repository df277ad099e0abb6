-- Every KPI of the catalogue, with the one decision for all of them whether its value can be told.
-- The catalogue says which slices are written; the tests refuse a KPI that is in one of the two
-- only. Over 120 lines, since the decision weighs all that is known of a value at once.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

catalogued_rows as (

    select
        kpi_rows.*,
        periods.period_end,
        slices.maturity_days,
        slices.aggregate,
        unknown_periods.kpi is not null or unknown_slices.kpi is not null as has_no_input
    from {{ ref('int_kpi_rows') }} as kpi_rows
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            kpi_rows.kpi = slices.kpi
            and kpi_rows.period_grain = slices.period_grain
            and kpi_rows.dimension = slices.dimension
    inner join {{ ref('int_periods') }} as periods
        on
            kpi_rows.period_grain = periods.period_grain
            and kpi_rows.period_start = periods.period_start
    left join {{ ref('int_kpi_unknown_periods') }} as unknown_periods
        on
            kpi_rows.kpi = unknown_periods.kpi
            and kpi_rows.period_grain = unknown_periods.period_grain
            and kpi_rows.period_start = unknown_periods.period_start
            and unknown_periods.dimension is null
    left join {{ ref('int_kpi_unknown_periods') }} as unknown_slices
        on
            kpi_rows.kpi = unknown_slices.kpi
            and kpi_rows.period_grain = unknown_slices.period_grain
            and kpi_rows.period_start = unknown_slices.period_start
            and kpi_rows.dimension = unknown_slices.dimension
            and kpi_rows.dimension_value = unknown_slices.dimension_value
    where periods.is_written

),

-- A median of nothing has no base; one that too few units have reached is not mature yet.
judged_rows as (

    select
        catalogued_rows.*,
        case
            when catalogued_rows.has_no_input then 'no_input'
            when catalogued_rows.is_missing_rate then 'missing_rate'
            when
                greatest(
                    {{ add_days('catalogued_rows.last_unit_on', 'catalogued_rows.maturity_days') }},
                    catalogued_rows.mature_on
                ) > settings.as_of_date
                then 'immature'
            when catalogued_rows.numerator is null and catalogued_rows.sample_size > 0
                then 'immature'
            when {{ add_days('catalogued_rows.period_end', -1) }} > settings.as_of_date
                then 'partial'
            when catalogued_rows.denominator = 0 or catalogued_rows.numerator is null
                then 'no_base'
            when
                catalogued_rows.kpi in ('nps', 'csat')
                and catalogued_rows.sample_size < windows.fewest_answers
                then 'small_sample'
            else 'ok'
        end as status,
        settings.as_of_date
    from catalogued_rows
    cross join settings
    cross join {{ ref('int_kpi_windows') }} as windows

),

told_rows as (

    select
        *,
        status not in ('no_input', 'missing_rate') as is_told,
        coalesce(denominator, 1) * parts_per_unit as divisor
    from judged_rows

),

-- A slice of nothing is no row; the median of some zeros is something.
written_rows as (

    select *
    from told_rows
    where
        dimension = 'all'
        or aggregate = 'median'
        or not is_told
        or coalesce(numerator <> 0, true)
        or coalesce(denominator, 0) <> 0

),

kpi_values as (

    select
        kpi,
        period_grain,
        period_start,
        period_end,
        dimension,
        dimension_value,
        case
            when is_told
                then {{ exact_ratio('numerator', 'cast(parts_per_unit as decimal(38, 8))', 8) }}
        end as numerator,
        case when is_told then denominator end as denominator,
        case
            when is_told and status <> 'immature'
                then {{ exact_ratio('numerator', 'divisor', 8) }}
        end as value,
        case when status <> 'no_input' then sample_size end as sample_size,
        status,
        as_of_date
    from written_rows

)

select * from kpi_values
