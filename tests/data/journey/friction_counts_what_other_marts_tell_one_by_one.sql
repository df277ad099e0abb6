-- Law: tickets, abandoned carts, refunds and cancelled orders are as many as there are.

{{ config(meta={'dagster': {'ref': {'name': 'friction'}}}) }}

with

told as (

    select
        step,
        sum(cases) as cases
    from {{ ref('friction') }}
    group by step

),

counted as (

    select
        'ticket' as step,
        count(*) as cases
    from {{ ref('support_tickets') }}

    union all

    select
        'cart' as step,
        count(*) as cases
    from {{ ref('cart_outcomes') }}
    where outcome = 'abandoned'

    union all

    select
        'refund' as step,
        count(*) as cases
    from {{ ref('int_refunds') }}

    union all

    select
        'cancellation' as step,
        count(*) as cases
    from {{ ref('int_orders') }}
    where cancelled_on is not null

)

select counted.step
from counted
left join told on counted.step = told.step
where counted.cases <> coalesce(told.cases, 0)
