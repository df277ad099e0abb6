-- Valid orders as rows people can count on: what is_booked adds up to is what the KPIs of the same
-- name say.

with

orders as (

    select
        details.order_id,
        persons.person_id as subject_id,
        persons.account_id,
        details.order_date as ordered_on,
        details.created_at as ordered_at,
        details.order_number,
        details.is_booked,
        coalesce(details.order_number = 1, false) as is_first_order,
        details.status,
        details.currency,
        details.order_value as gross_revenue,
        case
            when details.order_value is not null
                then cast(details.refunded_value as decimal(18, 4))
        end as refunded_amount,
        cast(details.order_value - details.refunded_value as decimal(18, 4)) as net_revenue,
        details.discount_value as discount_amount,
        details.coupon_code,
        cast(details.units as decimal(18, 4)) as units,
        cast(round(details.product_cost, 4) as decimal(18, 4)) as product_cost,
        details.channel,
        details.campaign,
        coalesce(details.country, nullif(trim(customers.country), '')) as country,
        details.cart_id,
        details.promised_on,
        details.delivered_on,
        case when details.is_booked then details.is_late end as is_late,
        cast(
            {{ days_between('details.previous_order_on', 'details.order_date') }} as integer
        ) as days_since_previous_order,
        states.stage as stage_before,
        states.health as health_before
    from {{ ref('int_order_details') }} as details
    inner join {{ ref('int_persons') }} as persons on details.person_key = persons.person_key
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id
    left join {{ ref('int_person_states') }} as states
        on
            details.person_key = states.subject_key
            and {{ add_days('details.order_date', -1) }} >= states.valid_from
            and {{ add_days('details.order_date', -1) }} < states.valid_to

)

select * from orders
