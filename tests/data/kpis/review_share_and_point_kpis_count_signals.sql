-- Told again from the signals: what was said in reviews, shared, earned and redeemed each day.
with

told_signals as (

    select
        facts.signal_date,
        facts.value,
        names.signal
    from {{ ref('int_person_signals') }} as facts
    inner join {{ ref('int_signal_names') }} as names on facts.signal_no = names.signal_no
    where names.signal in ('review', 'product_share', 'points_earned', 'points_redeemed')

),

signals as (

    select
        signal_date as period_start,
        sum(case when signal = 'review' and value between 1 and 5 then value else 0 end) as scores,
        sum(case when signal = 'product_share' then 1 else 0 end) as shares,
        sum(case when signal = 'points_earned' then value else 0 end) as points_earned,
        sum(case when signal = 'points_redeemed' then value else 0 end) as points_redeemed
    from told_signals
    group by signal_date

),

counted_signals as (

    select
        'review_average' as kpi,
        period_start,
        scores as numerator,
        cast(null as decimal(38, 4)) as denominator
    from signals

    union all

    select
        'shares_count' as kpi,
        period_start,
        shares as numerator,
        cast(null as decimal(38, 4)) as denominator
    from signals

    union all

    select
        'points_redeemed_to_earned' as kpi,
        period_start,
        points_redeemed as numerator,
        points_earned as denominator
    from signals

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    counted_signals.numerator as counted_numerator,
    counted_signals.denominator as counted_denominator
from {{ ref('kpi_values') }} as kpi_values
left join counted_signals
    on
        kpi_values.kpi = counted_signals.kpi
        and kpi_values.period_start = counted_signals.period_start
where
    kpi_values.kpi in ('review_average', 'shares_count', 'points_redeemed_to_earned')
    and kpi_values.period_grain = 'day'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        kpi_values.numerator <> coalesce(counted_signals.numerator, 0)
        or (
            kpi_values.kpi = 'points_redeemed_to_earned'
            and kpi_values.denominator <> coalesce(counted_signals.denominator, 0)
        )
    )
