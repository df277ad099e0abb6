with

stated_merges as (

    select
        from_customer_id,
        into_customer_id,
        merged_at
    from {{ ref('stg_customer_merges') }}

),

email_links as (

    select
        from_customer_id,
        into_customer_id,
        merged_at
    from {{ ref('stg_email_links') }}

),

known_merges as (

    select * from stated_merges

    union all

    -- What the shop itself says of a customer counts before what an address suggests.
    select * from email_links
    where
        email_links.from_customer_id not in (
            select stated_merges.from_customer_id from stated_merges
        )

)

select * from known_merges
