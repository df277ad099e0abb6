-- Recurring revenue. Rates set the movements of a period against the revenue at its start, so their
-- rows are both spans and movements; a subscription without a known rate makes what it touches
-- unknown: a rate where it stood at the start, a movement where it came, went or changed. Over 120
-- lines, since stocks, movements and their ratios are three kinds of rows.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_mrr'

),

stock_rows as (

    select
        kpis.kpi,
        balances.valid_from,
        balances.valid_to,
        kpis.kpi <> 'mrr' as is_opening,
        balances.person_key,
        cast(
            case kpis.kpi
                when 'mrr' then balances.mrr
                when 'gross_mrr_churn_rate' then 0
                when 'net_revenue_retention' then balances.mrr
                when 'gross_revenue_retention' then balances.mrr
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'gross_mrr_churn_rate' then balances.mrr
                when 'net_revenue_retention' then balances.mrr
                when 'gross_revenue_retention' then balances.mrr
            end as decimal(28, 10)
        ) as denominator,
        1 as sample_size,
        balances.is_missing_rate
    from {{ ref('int_person_mrr') }} as balances
    cross join kpis
    where balances.is_running

),

movements as (

    select
        *,
        churned_mrr + contraction_mrr as lost_mrr
    from {{ ref('int_mrr_movements') }}

),

movement_rows as (

    select
        kpis.kpi,
        moves.period_grain,
        moves.period_start,
        moves.person_key,
        cast(
            case kpis.kpi
                when 'new_mrr' then moves.new_mrr
                when 'expansion_mrr' then moves.expansion_mrr
                when 'contraction_mrr' then moves.contraction_mrr
                when 'churned_mrr' then moves.churned_mrr
                when 'reactivation_mrr' then moves.reactivation_mrr
            end as decimal(28, 10)
        ) as numerator,
        moves.is_missing_rate
    from movements as moves
    cross join kpis

),

-- What did not move is no row, unless nobody knows whether it did.
moved_rows as (

    select * from movement_rows
    where
        numerator > 0
        or is_missing_rate

),

rate_rows as (

    select
        kpis.kpi,
        moves.period_grain,
        moves.period_start,
        moves.person_key,
        cast(
            case
                when kpis.kpi = 'quick_ratio'
                    then moves.new_mrr + moves.expansion_mrr + moves.reactivation_mrr
                when not moves.was_running then null
                when kpis.kpi = 'gross_mrr_churn_rate' then moves.lost_mrr
                when kpis.kpi = 'net_revenue_retention' then moves.expansion_mrr - moves.lost_mrr
                when kpis.kpi = 'gross_revenue_retention' then -moves.lost_mrr
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi when 'quick_ratio' then moves.lost_mrr end
            as decimal(28, 10)
        ) as denominator,
        case kpis.kpi when 'quick_ratio' then cast(moves.lost_mrr > 0 as integer) end
            as sample_size,
        kpis.kpi = 'quick_ratio' and moves.is_missing_rate as is_missing_rate
    from movements as moves
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['stock_rows', 'moved_rows', 'rate_rows']) }}

)

select * from kpi_rows
