-- The wide table people open first: every customer with what is known of them today. No names, no
-- addresses. Over 120 lines, since it lists every column of the mart.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

current_rows as (

    select current_rows.*
    from {{ ref('lifecycle_current') }} as current_rows
    inner join {{ ref('frameworks') }} as frameworks
        on current_rows.framework = frameworks.framework
    where frameworks.is_default

),

health_starts as (

    select
        changes.subject_key,
        max(changes.changed_on) as health_since
    from {{ ref('int_health_changes') }} as changes
    cross join settings
    where changes.changed_on <= settings.as_of_date
    group by changes.subject_key

),

running_amounts as (

    select
        subject_id,
        case
            when count(*) filter (where valid_to is null and monthly_amount is null) = 0
                then cast(
                    sum(case when valid_to is null then monthly_amount else 0 end)
                    as decimal(18, 4)
                )
        end as monthly_amount
    from {{ ref('subscriptions') }}
    group by subject_id

),

scores as (

    select segments.*
    from {{ ref('int_rfm_segments') }} as segments
    inner join settings on segments.as_of_date = settings.as_of_date

),

ranked_customers as (

    select
        summaries.person_key,
        {{ exact_ratio(
            'cast(row_number() over (
                order by summaries.net_revenue_in_year desc nulls last, customers.subject_id
            ) as decimal(38, 4))',
            'cast(count(*) over () as decimal(38, 4))'
        ) }} as net_revenue_rank_share
    from {{ ref('int_order_summaries') }} as summaries
    inner join customers on summaries.person_key = customers.person_key
    where summaries.orders_in_year > 0

),

described_customers as (

    select
        subjects.subject_id,
        subjects.subject_type,
        subjects.first_seen_on,
        subjects.first_order_on,
        subjects.last_order_on,
        subjects.orders,
        subjects.net_revenue,
        subjects.acquisition_channel,
        subjects.first_touch_campaign,
        subjects.country,
        subjects.account_id,
        subjects.is_identified,
        subjects.stage,
        subjects.stage_since,
        subjects.health,
        subjects.rfm_segment,
        subjects.predicted_value_365d,
        coalesce(health_starts.health_since, subjects.first_seen_on) as health_since,
        current_rows.next_change_on,
        current_rows.at_risk_on,
        current_rows.lapsed_on,
        current_rows.usual_gap_days,
        current_rows.expected_next_order_on,
        current_rows.days_overdue,
        current_rows.renews_on,
        summaries.first_order_id,
        summaries.last_order_id,
        coalesce(summaries.order_days, 0) as order_days,
        cast(
            {{ days_between('summaries.first_order_on', 'settings.as_of_date') }} as integer
        ) as days_since_first_order,
        cast(
            {{ days_between('summaries.last_order_on', 'settings.as_of_date') }} as integer
        ) as days_since_last_order,
        cast(summaries.units as decimal(18, 4)) as units,
        cast(round(summaries.net_revenue - summaries.product_cost, 4) as decimal(18, 4))
            as margin,
        {{ prorated(
            'cast(summaries.gross_revenue as decimal(18, 4))',
            'cast(1 as decimal(18, 4))',
            'cast(summaries.orders as decimal(18, 4))'
        ) }} as average_order_value,
        {{ exact_ratio(
            'cast(summaries.refunded_orders as decimal(38, 4))',
            'cast(summaries.orders as decimal(38, 4))'
        ) }} as refund_rate,
        {{ exact_ratio(
            'cast(summaries.coupon_orders as decimal(38, 4))',
            'cast(summaries.orders as decimal(38, 4))'
        ) }} as coupon_order_share,
        case when summaries.person_key is null then 0 else summaries.net_revenue_in_year end
            as net_revenue_365d,
        ranked_customers.net_revenue_rank_share,
        summaries.first_category,
        summaries.first_product_id,
        summaries.favourite_category,
        acquisitions.first_touch_channel,
        contacts.device_type,
        contacts.last_visit_on,
        cast(contacts.visits_30d as bigint) as visits_30d,
        cast(contacts.open_tickets as bigint) as open_tickets,
        cast(contacts.tickets_365d as bigint) as tickets_365d,
        cast(contacts.last_nps as integer) as last_nps,
        contacts.last_nps_on,
        cast(contacts.last_csat as integer) as last_csat,
        cast(contacts.loyalty_points as decimal(18, 4)) as loyalty_points,
        contacts.referrals,
        running_amounts.monthly_amount,
        records.marketing_consent,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        {{ is_global_control('subjects.subject_id') }} as is_global_control
    from {{ ref('subjects') }} as subjects
    cross join settings
    inner join customers on subjects.subject_id = customers.subject_id
    left join current_rows on subjects.subject_id = current_rows.subject_id
    left join health_starts on customers.person_key = health_starts.subject_key
    left join {{ ref('int_order_summaries') }} as summaries
        on customers.person_key = summaries.person_key
    left join ranked_customers on customers.person_key = ranked_customers.person_key
    left join {{ ref('int_acquisitions') }} as acquisitions
        on customers.person_key = acquisitions.person_key
    left join {{ ref('int_contact_summaries') }} as contacts
        on customers.person_key = contacts.person_key
    left join running_amounts on subjects.subject_id = running_amounts.subject_id
    left join {{ ref('stg_customers') }} as records
        on customers.customer_id = records.customer_id
    left join scores on customers.person_key = scores.person_key

)

select * from described_customers
