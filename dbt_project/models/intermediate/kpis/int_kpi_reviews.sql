-- Reviews, product shares and loyalty points on their date; the points that a person has left, from
-- one change to the next. A score outside 1 to 5 is no review.

with

signals as (

    select
        person_key,
        signal_date,
        case when signal = 'review' and value between 1 and 5 then value end as score,
        case when signal = 'product_share' then 1 end as shares,
        case when signal = 'points_earned' then value end as points_earned,
        case when signal = 'points_redeemed' then value end as points_redeemed
    from {{ ref('int_person_signals_by_name') }}
    where signal in ('review', 'product_share', 'points_earned', 'points_redeemed')

),

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_reviews'

),

signal_rows as (

    select
        kpis.kpi,
        signals.signal_date as fact_date,
        signals.person_key,
        case kpis.kpi
            when 'review_average' then signals.score
            when 'review_count' then case when signals.score is not null then 1 end
            when 'shares_count' then signals.shares
            when 'points_redeemed_to_earned' then signals.points_redeemed
        end as numerator,
        case kpis.kpi
            when 'review_average' then case when signals.score is not null then 1 end
            when 'points_redeemed_to_earned' then signals.points_earned
        end as denominator,
        case kpis.kpi
            when 'points_redeemed_to_earned' then cast(signals.points_earned is not null as integer)
        end as sample_size
    from signals
    cross join kpis

),

point_days as (

    select
        person_key,
        signal_date,
        sum(coalesce(points_earned, 0) - coalesce(points_redeemed, 0)) as points
    from signals
    where coalesce(points_earned, points_redeemed) is not null
    group by
        person_key,
        signal_date

),

balance_rows as (

    select
        kpis.kpi,
        point_days.signal_date as valid_from,
        lead(point_days.signal_date) over person_days as valid_to,
        point_days.person_key,
        cast(sum(point_days.points) over person_days as decimal(28, 10)) as numerator
    from point_days
    cross join kpis
    where kpis.kpi = 'loyalty_points_balance'
    window person_days as (partition by point_days.person_key order by point_days.signal_date)

),

kpi_rows as (

    {{ union_by_name(['signal_rows', 'balance_rows']) }}

)

select * from kpi_rows
