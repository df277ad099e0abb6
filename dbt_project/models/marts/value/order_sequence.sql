-- How customers go on from one order day to the next.

with

reorders as (

    select
        order_day_number,
        dimension,
        dimension_value,
        {% for days in [90, 180, 365] -%}
        case
            when max(followed_days) >= {{ days }}
                then 1 - min(case when followed_days <= {{ days }} then survival else 1 end)
        end as reordered_{{ days }}d,
        {% endfor -%}
        -- A float that should be a half may miss it by its last digit.
        min(case when survival <= 0.5 + 1e-12 then followed_days end) as median_days
    from {{ ref('int_order_sequence_survival') }}
    group by
        order_day_number,
        dimension,
        dimension_value

),

steps as (

    select
        steps.order_day_number,
        cohort_groups.dimension,
        cohort_groups.dimension_value,
        count(distinct steps.person_key) as customers,
        count(*) as order_days,
        sum(case when steps.has_next then 1 else 0 end) as followed_by_another,
        sum(steps.orders) as orders,
        sum(steps.costed_orders) as costed_orders,
        bool_or(steps.is_missing_rate) as is_missing_rate,
        sum(steps.gross_value) as gross_value,
        sum(steps.margin) as margin
    from {{ ref('int_order_steps') }} as steps
    inner join {{ ref('int_cohort_groups') }} as cohort_groups
        on steps.person_key = cohort_groups.person_key
    group by
        steps.order_day_number,
        cohort_groups.dimension,
        cohort_groups.dimension_value

),

order_sequence as (

    select
        steps.order_day_number,
        steps.dimension,
        steps.dimension_value,
        steps.order_day_number = windows.followed_order_days as is_pooled,
        steps.customers,
        steps.order_days,
        cast(steps.followed_by_another as bigint) as followed_by_another,
        {% for days in [90, 180, 365] -%}
        cast(reorders.reordered_{{ days }}d as decimal(38, 10)) as reordered_{{ days }}d,
        {% endfor -%}
        cast(reorders.median_days as bigint) as median_days,
        case
            when not steps.is_missing_rate
                then {{ exact_ratio(
                    'cast(steps.gross_value as decimal(38, 4))',
                    'cast(steps.orders as decimal(38, 4))',
                ) }}
        end as average_order_value,
        cast(steps.costed_orders as bigint) as costed_orders,
        case
            when not steps.is_missing_rate
                then {{ exact_ratio(
                    'cast(steps.margin as decimal(38, 10))',
                    'cast(steps.costed_orders as decimal(38, 4))',
                    10,
                ) }}
        end as margin
    from steps
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join reorders
        on
            steps.order_day_number = reorders.order_day_number
            and steps.dimension = reorders.dimension
            and steps.dimension_value = reorders.dimension_value

)

select * from order_sequence
