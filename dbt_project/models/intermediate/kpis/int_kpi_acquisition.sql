-- What winning customers costs and brings: spend and orders on their day, customers on the day of
-- their first booked order. A return on spend is told anew in each period, since a channel may cost
-- something in one week only. Over 120 lines, since each of its facts is dated in its own way.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_acquisition'

),

spend_rows as (

    select
        kpis.kpi,
        reports.fact_date,
        cast(
            case kpis.kpi when 'customer_acquisition_cost' then reports.spend end
            as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi when 'marketing_efficiency_ratio' then reports.spend end
            as decimal(28, 10)
        ) as denominator,
        case kpis.kpi when 'marketing_efficiency_ratio' then 0 end as sample_size,
        reports.is_missing_rate
    from {{ ref('int_channel_reports') }} as reports
    cross join kpis

),

order_rows as (

    select
        kpis.kpi,
        orders.order_date as fact_date,
        case kpis.kpi
            when 'marketing_efficiency_ratio' then coalesce(orders.order_value, 0)
        end as numerator,
        1 as sample_size,
        orders.is_missing_rate
    from {{ ref('int_booked_orders') }} as orders
    cross join kpis

),

visits_before as (

    select
        customers.person_key,
        count(*) as sessions
    from {{ ref('int_first_orders') }} as customers
    inner join {{ ref('int_sessions') }} as sessions
        on
            customers.person_key = sessions.person_key
            and customers.created_at > sessions.started_at
    group by customers.person_key

),

-- Apart from the orders: a customer counts whatever the money of the order.
customer_rows as (

    select
        kpis.kpi,
        customers.order_date as fact_date,
        customers.person_key,
        customers.channel,
        case kpis.kpi
            when 'new_customers' then 1
            when 'sessions_per_first_order' then coalesce(visits_before.sessions, 0)
        end as numerator,
        case kpis.kpi
            when 'customer_acquisition_cost' then 1
            when 'sessions_per_first_order' then 1
        end as denominator
    from {{ ref('int_first_orders') }} as customers
    left join visits_before on customers.person_key = visits_before.person_key
    cross join kpis

),

leads as (

    select
        person_key,
        min(occurred_at) as lead_at,
        min(signal_date) as lead_on
    from {{ ref('int_person_signals_by_name') }}
    where signal = 'lead'
    group by person_key

),

-- Who had bought before, or does so on the same errand, was no lead.
lead_rows as (

    select
        kpis.kpi,
        leads.lead_on as fact_date,
        leads.person_key,
        cast(
            coalesce(
                purchases.purchased_on
                <= {{ add_days('leads.lead_on', 'windows.lead_purchase_days') }},
                false
            ) as integer
        ) as numerator,
        1 as denominator
    from leads
    cross join {{ ref('int_kpi_windows') }} as windows
    left join {{ ref('int_first_purchases') }} as purchases
        on leads.person_key = purchases.person_key
    cross join kpis
    where
        kpis.kpi = 'lead_to_customer_rate_90d'
        and coalesce(
            purchases.purchased_at
            > leads.lead_at + windows.lead_errand_minutes * interval '1' minute,
            true
        )

),

days_rows as (

    select
        kpis.kpi,
        customers.order_date as ranked_on,
        customers.person_key,
        customers.days_from_first_seen as numerator
    from {{ ref('int_first_orders') }} as customers
    cross join kpis
    where kpis.kpi = 'median_days_to_first_order'

),

return_rows as (

    select
        kpis.kpi,
        channels.period_grain,
        channels.period_start,
        channels.channel,
        cast(
            case kpis.kpi when 'return_on_ad_spend' then channels.gross_value end
            as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi when 'return_on_ad_spend' then channels.spend end
            as decimal(28, 10)
        ) as denominator,
        channels.orders as sample_size,
        channels.is_missing_rate
    from {{ ref('int_paid_channel_periods') }} as channels
    cross join kpis

),

-- A month that is not paid back yet has no number, but counts all the same.
payback_rows as (

    select
        'cac_payback_months' as kpi,
        period_grain,
        period_start,
        payback_months as numerator,
        new_customers as sample_size,
        is_missing_rate,
        payback_months is null as is_unsettled,
        case when payback_months is null then cast('9999-12-31' as date) end as mature_on
    from {{ ref('int_cac_payback') }}

),

kpi_rows as (

    {{ union_by_name(
        [
            'spend_rows',
            'order_rows',
            'customer_rows',
            'lead_rows',
            'days_rows',
            'return_rows',
            'payback_rows',
        ]
    ) }}

)

select * from kpi_rows
