-- What to show each customer next, by the way that did better on the last quarter.

with

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
    cross join {{ ref('int_recommendation_trial') }} as trial
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
