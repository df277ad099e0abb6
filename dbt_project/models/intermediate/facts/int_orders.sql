-- Valid orders up to the as-of date, with their person, their value in the reporting currency and
-- the dates on which they stop to stand. What is dated after the as-of date has not happened yet.
-- Over 120 lines, since what an order is worth is said beside what it is made of.

with

settings as (

    select * from {{ ref('int_settings') }}

),

-- Where shipping contains an unknown part of the tax, the order's share of tax is taken to be
-- shipping's too: price less tax less shipping × (1 − tax / price) is `taxless_price` × `paid_part`
-- / price, which is divided once, after the rate.
owned_orders as (

    select
        *,
        cast(total_price - coalesce(total_tax, 0) as decimal(18, 4)) as taxless_price,
        case
            when coalesce(total_shipping, 0) = 0 then total_price
            when shipping_tax is null and taxes_included
                then cast(total_price - total_shipping as decimal(18, 4))
            else total_price
        end as paid_part,
        case
            when coalesce(total_shipping, 0) = 0 then cast(0 as decimal(18, 4))
            when shipping_tax is not null then cast(total_shipping - shipping_tax as decimal(18, 4))
            when taxes_included then cast(0 as decimal(18, 4))
            else total_shipping
        end as known_shipping
    from {{ ref('int_owned_orders') }}

),

refund_days as (

    select
        refunds.order_id,
        {{ local_date('refunds.created_at') }} as refund_date,
        sum(refunds.amount) as amount
    from {{ ref('stg_refunds') }} as refunds
    cross join settings
    where {{ local_date('refunds.created_at') }} <= settings.as_of_date
    group by
        refunds.order_id,
        {{ local_date('refunds.created_at') }}

),

refunded_to_date as (

    select
        order_id,
        refund_date,
        sum(amount) over (partition by order_id order by refund_date) as amount_to_date
    from refund_days

),

full_refunds as (

    select
        refunded_to_date.order_id,
        min(refunded_to_date.refund_date) as fully_refunded_on
    from refunded_to_date
    inner join owned_orders on refunded_to_date.order_id = owned_orders.order_id
    where refunded_to_date.amount_to_date >= owned_orders.total_price
    group by refunded_to_date.order_id

),

rated_orders as (

    select
        owned_orders.order_id,
        owned_orders.person_key,
        owned_orders.created_at,
        owned_orders.order_date,
        owned_orders.status,
        owned_orders.currency,
        owned_orders.total_price,
        owned_orders.taxless_price,
        owned_orders.paid_part,
        owned_orders.known_shipping,
        case
            when owned_orders.currency = settings.reporting_currency then 1
            else rates.rate
        end as rate,
        {% for fact in ['cancelled', 'delivered'] -%}
        case
            when {{ local_date('owned_orders.' ~ fact ~ '_at') }} <= settings.as_of_date
                then {{ local_date('owned_orders.' ~ fact ~ '_at') }}
        end as {{ fact }}_on,
        {% endfor -%}
        owned_orders.delivered_at,
        full_refunds.fully_refunded_on,
        {{ add_days('owned_orders.order_date', var('fulfilment_sla_days')) }} as fulfilment_due_on
    from owned_orders
    cross join settings
    left join {{ ref('int_daily_rates') }} as rates
        on
            owned_orders.currency = rates.currency
            and owned_orders.order_date = rates.date
    left join full_refunds on owned_orders.order_id = full_refunds.order_id

),

-- Net of tax and shipping, rounded once, never below 0; of known shipping and the part that is paid
-- without it only one takes anything off.
orders as (

    select
        order_id,
        person_key,
        created_at,
        order_date,
        status,
        currency,
        total_price,
        rate,
        case
            when paid_part = total_price
                then cast(
                    round(
                        greatest(cast(taxless_price - known_shipping as decimal(18, 4)), 0) * rate,
                        4
                    ) as decimal(18, 4)
                )
            when sign(taxless_price) * sign(paid_part) < 0 and rate is not null then 0
            else {{ prorated('taxless_price', 'paid_part', 'total_price', 'rate') }}
        end as order_value,
        cancelled_on,
        delivered_on,
        delivered_at,
        fully_refunded_on,
        fulfilment_due_on,
        least(cancelled_on, fully_refunded_on) as voided_on
    from rated_orders

)

select * from orders
