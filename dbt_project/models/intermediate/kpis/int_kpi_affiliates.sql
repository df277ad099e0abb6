-- Orders that came through an affiliate on their date, and what refunds take back on theirs. Money
-- is 0 where no rate is known; is_missing_rate then says that it is unknown.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_affiliates'

),

affiliate_orders as (

    select
        orders.order_id,
        orders.order_date,
        orders.person_key,
        orders.channel,
        orders.is_missing_rate,
        source_orders.total_price,
        coalesce(orders.order_value, 0) as order_value,
        case
            when source_orders.affiliate_commission is not null
                then coalesce(orders.affiliate_commission, 0)
        end as commission
    from {{ ref('int_booked_orders') }} as orders
    inner join {{ ref('stg_orders') }} as source_orders on orders.order_id = source_orders.order_id
    where nullif(trim(orders.affiliate_id), '') is not null

),

order_rows as (

    select
        kpis.kpi,
        orders.order_date as fact_date,
        orders.person_key,
        orders.channel,
        case kpis.kpi
            when 'affiliate_revenue' then orders.order_value
            when 'affiliate_commission' then orders.commission
        end as numerator,
        1 as sample_size,
        orders.is_missing_rate
    from affiliate_orders as orders
    cross join kpis

),

refund_rows as (

    select
        kpis.kpi,
        refunds.refund_date as fact_date,
        orders.person_key,
        orders.channel,
        case kpis.kpi
            when 'affiliate_revenue' then -coalesce(refunds.refund_value, 0)
            when 'affiliate_commission'
                then -{{ prorated('orders.commission', 'refunds.amount', 'orders.total_price') }}
        end as numerator,
        0 as sample_size,
        orders.is_missing_rate
    from {{ ref('int_refunds') }} as refunds
    inner join affiliate_orders as orders on refunds.order_id = orders.order_id
    cross join kpis

),

kpi_rows as (

    select * from order_rows

    union all

    select * from refund_rows

)

select * from kpi_rows
