-- What to show each customer next, by the way that did better on the last quarter: companions only
-- if they hit more often than the most popular. A hit is a customer who bought something new in the
-- quarter that either way would have shown on its eve.

with

hits as (

    select
        new_purchases.person_key,
        bool_or(recommendations.affinity_place <= windows.recommended_products) as is_affinity_hit,
        bool_or(recommendations.popularity_place <= windows.recommended_products)
            as is_popularity_hit
    from {{ ref('int_new_purchases') }} as new_purchases
    cross join {{ ref('int_kpi_windows') }} as windows
    left join {{ ref('int_recommendations') }} as recommendations
        on
            new_purchases.person_key = recommendations.person_key
            and new_purchases.product_id = recommendations.product_id
            and recommendations.purpose = 'trial'
    group by new_purchases.person_key

),

trial as (

    select
        count(*) as tried_customers,
        cast(coalesce(sum(case when is_affinity_hit then 1 else 0 end), 0) as bigint)
            as affinity_hits,
        cast(coalesce(sum(case when is_popularity_hit then 1 else 0 end), 0) as bigint)
            as popularity_hits
    from hits

),

recommendation_trial as (

    select
        *,
        case
            when affinity_hits > popularity_hits then 'affinity'
            else 'most_popular'
        end as method
    from trial

),

placed_products as (

    select
        recommendations.person_key,
        recommendations.product_id,
        case
            when trial.method = 'affinity' then recommendations.affinity_place
            else recommendations.popularity_place
        end as place,
        case when trial.method = 'affinity' then recommendations.confidence end as confidence,
        case when trial.method = 'affinity' then recommendations.reason_product end
            as reason_product,
        trial.method,
        trial.tried_customers,
        {{ exact_ratio('trial.affinity_hits', 'trial.tried_customers', 0) }} as hit_rate_affinity,
        {{ exact_ratio('trial.popularity_hits', 'trial.tried_customers', 0) }}
            as hit_rate_most_popular
    from {{ ref('int_recommendations') }} as recommendations
    cross join recommendation_trial as trial
    where recommendations.purpose = 'today'

),

next_best_product as (

    select
        persons.person_id as subject_id,
        placed_products.place as rank,
        placed_products.product_id,
        placed_products.reason_product,
        placed_products.confidence,
        placed_products.method,
        placed_products.tried_customers,
        placed_products.hit_rate_affinity,
        placed_products.hit_rate_most_popular
    from placed_products
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_persons') }} as persons
        on placed_products.person_key = persons.person_key
    where placed_products.place <= windows.recommended_products

)

select * from next_best_product
