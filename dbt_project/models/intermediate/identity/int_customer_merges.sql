-- Follows each merge to the end of its chain. A cycle loses its latest merge first (ties: the
-- highest from_customer_id); int_customer_merge_cycles reports it.

with recursive

customer_merges as (

    select
        customer_merges.from_customer_id,
        customer_merges.into_customer_id
    from {{ ref('int_known_merges') }} as customer_merges
    cross join {{ ref('int_settings') }} as settings
    where
        {{ local_date('customer_merges.merged_at') }} <= settings.identity_as_of
        and not exists (
            select 1
            from {{ ref('int_customer_merge_cycles') }} as cycles
            where
                cycles.from_customer_id = customer_merges.from_customer_id
                and cycles.is_dropped
        )

),

steps as (

    select
        from_customer_id,
        into_customer_id
    from customer_merges

    union all

    select
        steps.from_customer_id,
        customer_merges.into_customer_id
    from steps
    inner join customer_merges on steps.into_customer_id = customer_merges.from_customer_id

),

chain_ends as (

    select
        from_customer_id as customer_id,
        into_customer_id as final_customer_id
    from steps
    where
        not exists (
            select 1
            from customer_merges
            where customer_merges.from_customer_id = steps.into_customer_id
        )

)

select * from chain_ends
