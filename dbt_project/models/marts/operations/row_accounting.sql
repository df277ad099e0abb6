-- Where every row went: from files into raw, and from raw through staging. `read` is what the file
-- or the raw table holds; each row of it is counted once more under what became of it.

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

filtered_reasons as (

    {% for table in tables -%}
    select
        'stg_{{ table }}' as name,
        reason,
        count(*) as filtered
    from {{ ref('filtered_' ~ table) }}
    group by reason
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
