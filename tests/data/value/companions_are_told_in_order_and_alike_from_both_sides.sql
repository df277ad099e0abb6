-- Law: the companions of an item are ranked from 1 on without a hole, confidence never rises with
-- the rank, and a pair that is told from both sides has the same customers in both.

{{ config(meta={'dagster': {'ref': {'name': 'product_affinity'}}}) }}

with

ranked_pairs as (

    select
        kind,
        item_a,
        item_b,
        rank,
        confidence,
        row_number() over companions as place,
        lag(confidence) over companions as confidence_before
    from {{ ref('product_affinity') }}
    window companions as (partition by kind, item_a order by rank, item_b)

)

select
    kind,
    item_a,
    item_b,
    'the rank' as problem
from ranked_pairs
where
    rank <> place
    or confidence > confidence_before

union all

select
    there.kind,
    there.item_a,
    there.item_b,
    'the two sides' as problem
from {{ ref('product_affinity') }} as there
inner join {{ ref('product_affinity') }} as back
    on
        there.kind = back.kind
        and there.item_a = back.item_b
        and there.item_b = back.item_a
where
    there.customers_both <> back.customers_both
    or there.customers_a <> back.customers_b
    or there.lift <> back.lift
    or there.customers_after + back.customers_after > there.customers_both
