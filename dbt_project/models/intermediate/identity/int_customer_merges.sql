-- Follows each merge to the end of its chain. A cycle loses its latest merge first (ties: the highest
-- from_customer_id); int_customer_merge_cycles reports it.

with recursive

merges as (

    select
        merges.from_customer_id,
        merges.into_customer_id
    from {{ ref('stg_customer_merges') }} as merges
    cross join {{ ref('int_settings') }} as settings
    where
        {{ local_date('merges.merged_at') }} <= settings.identity_as_of
        and not exists (
            select 1
            from {{ ref('int_customer_merge_cycles') }} as cycles
            where
                cycles.from_customer_id = merges.from_customer_id
                and cycles.is_dropped
        )

),

steps as (

    select
        from_customer_id,
        into_customer_id
    from merges

    union all

    select
        steps.from_customer_id,
        merges.into_customer_id
    from steps
    inner join merges on steps.into_customer_id = merges.from_customer_id

),

chain_ends as (

    select
        from_customer_id as customer_id,
        into_customer_id as final_customer_id
    from steps
    where
        not exists (
            select 1
            from merges
            where merges.from_customer_id = steps.into_customer_id
        )

)

select * from chain_ends
