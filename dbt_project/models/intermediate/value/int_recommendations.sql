-- What to show each customer next, in two ways: the companions of what was bought, filled with the
-- most popular, and the most popular alone; today, and on the eve of the last quarter to those who
-- can show whether it was right. Only products that sell, and that the customer does not have yet.
-- Over 120 lines, since both ways are two ranks of one list of candidates.

with

buyers as (

    select
        'today' as purpose,
        person_key
    from {{ ref('int_customer_starts') }}

    union all

    select
        'trial' as purpose,
        person_key
    from {{ ref('int_new_purchases') }}
    group by person_key

),

bought_products as (

    select
        buyers.purpose,
        buyers.person_key,
        item_customers.item as product_id
    from buyers
    inner join {{ ref('int_item_customers') }} as item_customers
        on
            buyers.purpose = item_customers.purpose
            and buyers.person_key = item_customers.person_key
    where item_customers.kind = 'product'

),

-- Of two products that speak for a third equally loud the one with the lower id is the reason.
ranked_pairs as (

    select
        purpose,
        item_a,
        item_b,
        confidence,
        row_number() over (
            order by purpose asc, confidence desc, item_a asc, item_b asc
        ) as place
    from {{ ref('int_item_pairs') }}
    where kind = 'product'

),

loudest_pairs as (

    select
        bought_products.person_key,
        pairs.item_b,
        min(pairs.place) as place
    from bought_products
    inner join ranked_pairs as pairs
        on
            bought_products.purpose = pairs.purpose
            and bought_products.product_id = pairs.item_a
    group by
        bought_products.purpose,
        bought_products.person_key,
        pairs.item_b

),

companions as (

    select
        pairs.purpose,
        loudest_pairs.person_key,
        pairs.item_b as product_id,
        pairs.confidence,
        pairs.item_a as reason_product
    from loudest_pairs
    inner join ranked_pairs as pairs on loudest_pairs.place = pairs.place

),

-- As many popular products as a customer has products, and a row more: enough are then new.
popular_places as (

    select
        buyers.purpose,
        buyers.person_key,
        {{ repeat_row('count(bought_products.product_id) + max(windows.recommended_products)') }}
        + 1 as place
    from buyers
    cross join {{ ref('int_kpi_windows') }} as windows
    left join bought_products
        on
            buyers.purpose = bought_products.purpose
            and buyers.person_key = bought_products.person_key
    group by
        buyers.purpose,
        buyers.person_key

),

named_products as (

    select
        purpose,
        person_key,
        product_id
    from companions

    union

    select
        popular_places.purpose,
        popular_places.person_key,
        popular_products.product_id
    from popular_places
    inner join {{ ref('int_popular_products') }} as popular_products
        on
            popular_places.purpose = popular_products.purpose
            and popular_places.place = popular_products.place

),

candidates as (

    select
        named_products.purpose,
        named_products.person_key,
        named_products.product_id,
        companions.confidence,
        companions.reason_product,
        popular_products.place as popular_place
    from named_products
    inner join {{ ref('int_popular_products') }} as popular_products
        on
            named_products.purpose = popular_products.purpose
            and named_products.product_id = popular_products.product_id
    left join companions
        on
            named_products.purpose = companions.purpose
            and named_products.person_key = companions.person_key
            and named_products.product_id = companions.product_id
    left join bought_products
        on
            named_products.purpose = bought_products.purpose
            and named_products.person_key = bought_products.person_key
            and named_products.product_id = bought_products.product_id
    where bought_products.product_id is null

),

ranked_candidates as (

    select
        *,
        row_number() over (
            partition by purpose, person_key
            order by confidence desc nulls last, popular_place asc
        ) as affinity_place,
        row_number() over (
            partition by purpose, person_key
            order by popular_place
        ) as popularity_place
    from candidates

),

recommendations as (

    select ranked_candidates.*
    from ranked_candidates
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        ranked_candidates.affinity_place <= windows.recommended_products
        or ranked_candidates.popularity_place <= windows.recommended_products

)

select * from recommendations
