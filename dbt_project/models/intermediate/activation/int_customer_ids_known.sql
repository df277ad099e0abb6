-- Since when a customer's id has been known, from whatever named it first, and when it was last
-- merged with another: before the one and until the other a hash of the id deals other arms.

with

mentions as (

    select
        user_id as customer_id,
        {{ local_date('first_at') }} as known_on
    from {{ ref('int_event_ids_seen') }}
    where user_id is not null

    union all

    select
        customer_id,
        {{ local_date('created_at') }} as known_on
    from {{ ref('stg_orders') }}
    where customer_id is not null

    union all

    select
        customer_id,
        {{ local_date('created_at') }} as known_on
    from {{ ref('stg_customers') }}

),

first_days as (

    select
        coalesce(customer_merges.final_customer_id, mentions.customer_id) as customer_id,
        min(mentions.known_on) as known_on
    from mentions
    left join {{ ref('int_customer_merges') }} as customer_merges
        on mentions.customer_id = customer_merges.customer_id
    group by coalesce(customer_merges.final_customer_id, mentions.customer_id)

),

last_merges as (

    select
        customer_merges.final_customer_id as customer_id,
        max({{ local_date('merges.merged_at') }}) as last_merged_on
    from {{ ref('int_customer_merges') }} as customer_merges
    inner join {{ ref('int_known_merges') }} as merges
        on customer_merges.customer_id = merges.from_customer_id
    group by customer_merges.final_customer_id

),

customer_ids_known as (

    select
        persons.person_key,
        persons.person_id,
        first_days.known_on,
        last_merges.last_merged_on
    from first_days
    inner join {{ ref('int_persons') }} as persons
        on first_days.customer_id = persons.customer_id
    left join last_merges on first_days.customer_id = last_merges.customer_id

)

select * from customer_ids_known
