-- Look: keys whose rows state no time, or the same, so that their dates, their file or, at last,
-- their content decided which version counts. One row per key; an `updated_at` in the export ends
-- it.

{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_orders'}}}) }}

{% set tables = ['orders', 'customers', 'products', 'exchange_rates'] %}

with

untimed_keys as (

    {% for table in tables -%}
    select
        '{{ table }}' as table_name,
        raw_row_id
    from {{ ref('filtered_' ~ table) }}
    where reason = 'superseded_without_time'
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from untimed_keys
