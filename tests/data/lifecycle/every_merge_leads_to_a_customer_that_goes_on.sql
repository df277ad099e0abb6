-- Law: a merge ends at a customer that is not merged further, and no staged merge gets lost: one
-- that is not dropped to break a circle has an end.

{{ config(meta={'dagster': {'ref': {'name': 'int_customer_merges'}}}) }}

with

endless_merges as (

    select
        customer_merges.customer_id,
        customer_merges.final_customer_id
    from {{ ref('int_customer_merges') }} as customer_merges
    inner join {{ ref('int_customer_merges') }} as later_merges
        on customer_merges.final_customer_id = later_merges.customer_id

),

lost_merges as (

    select
        staged.from_customer_id as customer_id,
        cast(null as varchar) as final_customer_id
    from {{ ref('stg_customer_merges') }} as staged
    cross join {{ ref('int_settings') }} as settings
    left join {{ ref('int_customer_merges') }} as customer_merges
        on staged.from_customer_id = customer_merges.customer_id
    left join {{ ref('int_customer_merge_cycles') }} as cycles
        on
            staged.from_customer_id = cycles.from_customer_id
            and cycles.is_dropped
    where
        {{ local_date('staged.merged_at') }} <= settings.identity_as_of
        and customer_merges.customer_id is null
        and cycles.from_customer_id is null

),

wrong_merges as (

    select * from endless_merges

    union all

    select * from lost_merges

)

select * from wrong_merges
