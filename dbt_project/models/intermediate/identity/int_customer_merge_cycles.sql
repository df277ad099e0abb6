-- The merges that lead back to where they start, and which of them is dropped to break the circle.

with recursive

customer_merges as (

    select
        customer_merges.from_customer_id,
        customer_merges.into_customer_id,
        customer_merges.merged_at
    from {{ ref('int_known_merges') }} as customer_merges
    cross join {{ ref('int_settings') }} as settings
    where {{ local_date('customer_merges.merged_at') }} <= settings.identity_as_of

),

-- `union` (not `union all`) ends the walk once it starts to repeat itself.
reachable as (

    select
        from_customer_id,
        into_customer_id
    from customer_merges

    union

    select
        reachable.from_customer_id,
        customer_merges.into_customer_id
    from reachable
    inner join customer_merges on reachable.into_customer_id = customer_merges.from_customer_id

),

circular_customers as (

    select from_customer_id
    from reachable
    where from_customer_id = into_customer_id

),

cycle_members as (

    select
        reachable.from_customer_id,
        min(reachable.into_customer_id) as cycle_id
    from reachable
    inner join circular_customers
        on reachable.from_customer_id = circular_customers.from_customer_id
    group by reachable.from_customer_id

),

cycles as (

    select
        cycle_members.cycle_id,
        customer_merges.from_customer_id,
        customer_merges.into_customer_id,
        customer_merges.merged_at,
        row_number() over (
            partition by cycle_members.cycle_id
            order by customer_merges.merged_at desc, customer_merges.from_customer_id desc
        ) = 1 as is_dropped
    from customer_merges
    inner join cycle_members on customer_merges.from_customer_id = cycle_members.from_customer_id

)

select * from cycles
