-- Who we know, with the facts about them that other tables are sliced by. Accounts pool the orders
-- of their customers. Over 120 lines, since each thing said of a subject is looked up by itself.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

subjects as (

    select * from {{ ref('int_subjects') }}

),

members as (

    select
        subject_key,
        subject_key as person_key
    from subjects
    where not is_account

    union all

    select
        account_key as subject_key,
        person_key
    from {{ ref('int_account_members') }}

),

order_totals as (

    select
        members.subject_key,
        min(orders.order_date) as first_order_on,
        max(orders.order_date) as last_order_on,
        count(*) as orders,
        case
            when not coalesce(bool_or(orders.is_missing_rate), false)
                then sum(orders.order_value - orders.refunded_value)
        end as net_revenue
    from {{ ref('int_booked_orders') }} as orders
    inner join members on orders.person_key = members.person_key
    group by members.subject_key

),

current_health as (

    select
        changes.subject_key,
        max_by(changes.health, changes.changed_on) as health
    from {{ ref('int_health_changes') }} as changes
    cross join settings
    where changes.changed_on <= settings.as_of_date
    group by changes.subject_key

),

default_stages as (

    select
        current_rows.subject_id,
        current_rows.stage,
        current_rows.stage_since
    from {{ ref('lifecycle_current') }} as current_rows
    inner join {{ ref('frameworks') }} as frameworks
        on current_rows.framework = frameworks.framework
    where frameworks.is_default

),

rfm_segments as (

    select
        segments.person_key,
        segments.segment
    from {{ ref('int_rfm_segments') }} as segments
    inner join settings on segments.as_of_date = settings.as_of_date

),

described_subjects as (

    select
        subjects.subject_id,
        subjects.subject_type,
        subjects.first_seen_on,
        order_totals.first_order_on,
        order_totals.last_order_on,
        coalesce(order_totals.orders, 0) as orders,
        cast(
            case when order_totals.orders is null then 0 else order_totals.net_revenue end
            as decimal(38, 4)
        ) as net_revenue,
        coalesce(acquisitions.channel, 'unknown') as acquisition_channel,
        acquisitions.first_touch_campaign,
        customers.country,
        coalesce(
            persons.account_id,
            case
                when subjects.is_account then substr(subjects.subject_id, length('account:') + 1)
            end
        ) as account_id,
        coalesce(persons.is_identified, true) as is_identified,
        default_stages.stage,
        default_stages.stage_since,
        coalesce(current_health.health, 'prospect') as health,
        rfm_segments.segment as rfm_segment,
        customer_values.predicted_value_365d
    from subjects
    left join {{ ref('int_persons') }} as persons on subjects.subject_key = persons.person_key
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id
    left join {{ ref('int_acquisitions') }} as acquisitions
        on subjects.subject_key = acquisitions.person_key
    left join order_totals on subjects.subject_key = order_totals.subject_key
    left join current_health on subjects.subject_key = current_health.subject_key
    left join default_stages on subjects.subject_id = default_stages.subject_id
    left join rfm_segments on subjects.subject_key = rfm_segments.person_key
    left join {{ ref('int_customer_values') }} as customer_values
        on subjects.subject_key = customer_values.person_key

)

select * from described_subjects
