-- Reviews, product shares and loyalty points on their date. A score outside 1 to 5 is no review.

with

signals as (

    select
        person_key,
        signal,
        signal_date,
        value
    from {{ ref('int_dated_signals') }}
    where signal in ('review', 'product_share', 'points_earned', 'points_redeemed')

),

facts as (

    select
        signal_date as fact_date,
        person_key,
        case when signal = 'review' and value between 1 and 5 then value end as score,
        case when signal = 'product_share' then 1 end as shares,
        case when signal = 'points_earned' then value end as points_earned,
        case when signal = 'points_redeemed' then value end as points_redeemed
    from signals

)

select * from facts
