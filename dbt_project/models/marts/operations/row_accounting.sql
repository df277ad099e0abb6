-- Where every row went: from files into raw, from raw through staging, and from the orders into
-- those that are booked. `read` is what the file or table holds; each row of it is counted once
-- more under what became of it.

{% set tables = [
    'events', 'orders', 'order_lines', 'refunds', 'customers', 'customer_merges', 'products',
    'channel_daily', 'exchange_rates', 'erasure_requests',
] %}

with

staging_models as (

    {% for table in tables -%}
    select
        'stg_{{ table }}' as name,
        (select count(*) from ({{ raw_rows(table) }}) as raw_rows) as rows_read,
        (select count(*) from {{ ref('stg_' ~ table) }}) as rows_kept,
        (select count(*) from {{ ref('filtered_' ~ table) }}) as rows_filtered
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

unbooked_orders as (

    select
        orders.order_id,
        case
            when not orders.is_valid then orders.invalid_reason
            when valid_orders.order_id is null then 'after_as_of_date'
            when valid_orders.cancelled_on is not null then 'cancelled'
            when orders.status = 'pending' then 'pending'
        end as reason
    from {{ ref('stg_orders') }} as orders
    left join {{ ref('int_orders') }} as valid_orders on orders.order_id = valid_orders.order_id
    left join {{ ref('int_booked_orders') }} as booked_orders
        on orders.order_id = booked_orders.order_id
    where booked_orders.order_id is null

),

filtered_reasons as (

    {% for table in tables -%}
    select
        'stg_{{ table }}' as name,
        reason,
        count(*) as filtered
    from {{ ref('filtered_' ~ table) }}
    group by reason

    union all

    {% endfor -%}
    select
        'booked_orders' as name,
        reason,
        count(*) as filtered
    from unbooked_orders
    group by reason

),

reason_lists as (

    select
        name,
        {{ joined_text("reason || ': ' || filtered", ', ', 'reason') }} as reasons
    from filtered_reasons
    group by name

),

accounts as (

    select
        'model' as scope,
        staging_models.name,
        cast(staging_models.rows_read as bigint) as rows_read,
        cast(staging_models.rows_kept as bigint) as rows_kept,
        cast(0 as bigint) as rows_duplicate,
        cast(0 as bigint) as rows_quarantined,
        cast(0 as bigint) as rows_set_aside,
        cast(staging_models.rows_filtered as bigint) as rows_filtered,
        reason_lists.reasons as filtered_reasons
    from staging_models
    left join reason_lists on staging_models.name = reason_lists.name

    union all

    select
        'orders' as scope,
        'booked_orders' as name,
        (select count(*) from {{ ref('stg_orders') }}) as rows_read,
        (select count(*) from {{ ref('int_booked_orders') }}) as rows_kept,
        cast(0 as bigint) as rows_duplicate,
        cast(0 as bigint) as rows_quarantined,
        cast(0 as bigint) as rows_set_aside,
        (select count(*) from unbooked_orders) as rows_filtered,
        (select reasons from reason_lists where name = 'booked_orders') as filtered_reasons
    {%- if load_relation(source('ingest', 'ingest_files')) is not none %}

    union all

    select
        'file' as scope,
        path as name,
        cast(sum(rows_read) as bigint) as rows_read,
        cast(sum(rows_loaded) as bigint) as rows_kept,
        cast(sum(rows_duplicate) as bigint) as rows_duplicate,
        cast(sum(rows_quarantined) as bigint) as rows_quarantined,
        cast(sum(rows_set_aside) as bigint) as rows_set_aside,
        cast(0 as bigint) as rows_filtered,
        cast(null as string) as filtered_reasons
    from {{ source('ingest', 'ingest_files') }}
    group by path
    {%- endif %}

)

select * from accounts
