-- How many customers found something of the last quarter's new purchases among what either way
-- would have shown them on its eve, and with it which way is published: companions only if they hit
-- more often than the most popular.

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

)

select * from recommendation_trial
