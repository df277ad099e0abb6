{% set sources = source('ingest', 'sources') %}
{% set source_files = source('ingest', 'source_files') %}

{% if execute and load_relation(sources) is none %}

select
    cast(null as varchar) as from_customer_id,
    cast(null as varchar) as into_customer_id,
    cast(null as timestamp) as merged_at
where false

{% else %}

with

raw_rows as (

    {{ raw_rows('customers') }}

),

addressed_customers as (

    select
        raw_rows.customer_id,
        lower(trim(raw_rows.email)) as address,
        raw_rows.created_at,
        sources.fills_orders,
        sources.link_by_email
    from raw_rows
    left join {{ source_files }} as source_files
        on raw_rows.file_id = source_files.file_id
    inner join {{ sources }} as sources
        on coalesce(source_files.source, 'contract') = sources.source
    where
        raw_rows.email is not null
        -- One source has nobody to be linked to.
        and (select count(*) from {{ sources }}) > 1

),

-- An address that two buyers share links nobody.
sole_buyers as (

    select
        address,
        min(customer_id) as customer_id,
        min(created_at) as created_at
    from addressed_customers
    where fills_orders
    group by address
    having count(distinct customer_id) = 1

),

links as (

    select
        others.customer_id as from_customer_id,
        min(sole_buyers.customer_id) as into_customer_id,
        greatest(min(others.created_at), min(sole_buyers.created_at)) as merged_at
    from addressed_customers as others
    inner join sole_buyers on others.address = sole_buyers.address
    where
        not others.fills_orders
        and others.link_by_email
        and others.customer_id not in (
            select buyers.customer_id from addressed_customers as buyers where buyers.fills_orders
        )
    group by others.customer_id
    having count(distinct sole_buyers.customer_id) = 1

)

select * from links

{% endif %}
