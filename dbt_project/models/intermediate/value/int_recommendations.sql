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

-- What many rows are brought together by is a number, in the order of place.
popular_products as (

    select
        purpose,
        product_id,
        place,
        dense_rank() over (order by purpose) as purpose_no,
        row_number() over (order by purpose, place) as product_no
    from {{ ref('int_popular_products') }}

),

-- Of two products that speak for a third equally loud the one with the lower id is the reason.
ranked_pairs as (

    select
        pairs.purpose,
        pairs.item_a as reason_product,
        pairs.confidence,
        popular_products.product_no,
        row_number() over (
            order by
                pairs.confidence desc,
                pairs.item_a asc,
                popular_products.product_no asc
        ) as pair_no
    from {{ ref('int_item_pairs') }} as pairs
    inner join popular_products
        on
            pairs.purpose = popular_products.purpose
            and pairs.item_b = popular_products.product_id
    where pairs.kind = 'product'

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

offers as (

    select
        bought_products.person_key,
        pairs.product_no,
        pairs.pair_no,
        false as is_bought
    from bought_products
    inner join ranked_pairs as pairs
        on
            bought_products.purpose = pairs.purpose
            and bought_products.product_id = pairs.reason_product

    union all

    select
        popular_places.person_key,
        popular_products.product_no,
        cast(null as bigint) as pair_no,
        false as is_bought
    from popular_places
    inner join popular_products
        on
            popular_places.purpose = popular_products.purpose
            and popular_places.place = popular_products.place

    union all

    select
        bought_products.person_key,
        popular_products.product_no,
        cast(null as bigint) as pair_no,
        true as is_bought
    from bought_products
    inner join popular_products
        on
            bought_products.purpose = popular_products.purpose
            and bought_products.product_id = popular_products.product_id

),

new_offers as (

    select
        person_key,
        product_no,
        min(pair_no) as pair_no
    from offers
    group by
        person_key,
        product_no
    having not bool_or(is_bought)

),

candidates as (

    select
        popular_products.purpose_no,
        new_offers.person_key,
        new_offers.product_no,
        new_offers.pair_no,
        ranked_pairs.confidence
    from new_offers
    inner join popular_products on new_offers.product_no = popular_products.product_no
    left join ranked_pairs on new_offers.pair_no = ranked_pairs.pair_no

),

ranked_candidates as (

    select
        *,
        row_number() over (
            partition by purpose_no, person_key
            order by confidence desc nulls last, product_no asc
        ) as affinity_place,
        row_number() over (
            partition by purpose_no, person_key
            order by product_no
        ) as popularity_place
    from candidates

),

recommendations as (

    select
        popular_products.purpose,
        candidates.person_key,
        popular_products.product_id,
        candidates.confidence,
        ranked_pairs.reason_product,
        candidates.affinity_place,
        candidates.popularity_place
    from ranked_candidates as candidates
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join popular_products on candidates.product_no = popular_products.product_no
    left join ranked_pairs on candidates.pair_no = ranked_pairs.pair_no
    where
        candidates.affinity_place <= windows.recommended_products
        or candidates.popularity_place <= windows.recommended_products

)

select * from recommendations
