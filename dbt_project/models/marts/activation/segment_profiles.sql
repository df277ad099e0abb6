-- What the customers of each segment have in common, in numbers, beside how many they are. Over 120
-- lines, since members, their orders and what they prefer are three ways to count them.

with

settings as (

    select
        as_of_date,
        {{ add_days('as_of_date', -365) }} as year_after
    from {{ ref('int_settings') }}

),

customers as (

    select * from {{ ref('customers') }}

),

members as (

    select
        members.segment,
        customers.*
    from {{ ref('segment_members') }} as members
    inner join customers on members.subject_id = customers.subject_id

),

member_totals as (

    select
        members.segment,
        count(*) as customers,
        sum(members.net_revenue_365d) as net_revenue_365d,
        sum(members.orders) as orders,
        sum(members.tickets_365d) as tickets_365d,
        count(members.last_nps) as nps_answers,
        sum(
            case
                when members.last_nps >= windows.nps_promoter_from then 1
                when members.last_nps < windows.nps_passive_from then -1
                else 0
            end
        ) as nps_balance,
        min(windows.fewest_answers) as fewest_answers
    from members
    cross join {{ ref('int_kpi_windows') }} as windows
    group by members.segment

),

order_totals as (

    select
        members.segment,
        count(*) as orders,
        count(orders.gross_revenue) as valued_orders,
        sum(orders.gross_revenue) as gross_revenue,
        sum(case when orders.ordered_on > settings.year_after then 1 else 0 end) as orders_365d
    from {{ ref('segment_members') }} as members
    inner join {{ ref('orders') }} as orders on members.subject_id = orders.subject_id
    cross join settings
    where orders.is_booked
    group by members.segment

),

channel_ranks as (

    select
        segment,
        acquisition_channel,
        row_number() over (
            partition by segment
            order by count(*) desc, acquisition_channel
        ) as place
    from members
    group by
        segment,
        acquisition_channel

),

category_ranks as (

    select
        segment,
        favourite_category,
        row_number() over (
            partition by segment
            order by count(*) desc, favourite_category
        ) as place
    from members
    where favourite_category is not null
    group by
        segment,
        favourite_category

),

everybody as (

    select count(*) as customers
    from customers

),

segment_profiles as (

    select
        segments.segment,
        segments.title,
        segments.title_it,
        segments.is_persona,
        coalesce(member_totals.customers, 0) as customers,
        {{ exact_ratio('coalesce(member_totals.customers, 0)', 'everybody.customers', 0) }}
            as share,
        cast(member_totals.net_revenue_365d as decimal(38, 4)) as net_revenue_365d,
        cast(
            case
                when order_totals.orders = order_totals.valued_orders
                    then {{ exact_ratio('order_totals.gross_revenue', 'order_totals.orders') }}
            end as decimal(38, 4)
        ) as average_order_value,
        {{ exact_ratio('member_totals.orders', 'member_totals.customers', 0) }}
            as orders_per_customer,
        {{ exact_ratio('100 * member_totals.tickets_365d', 'order_totals.orders_365d', 0) }}
            as tickets_per_100_orders_365d,
        case
            when member_totals.nps_answers >= member_totals.fewest_answers
                then {{ exact_ratio(
                    '100 * member_totals.nps_balance', 'member_totals.nps_answers', 0
                ) }}
        end as nps,
        channel_ranks.acquisition_channel as top_channel,
        category_ranks.favourite_category as top_category
    from {{ ref('segments') }} as segments
    cross join everybody
    left join member_totals on segments.segment = member_totals.segment
    left join order_totals on segments.segment = order_totals.segment
    left join channel_ranks
        on
            segments.segment = channel_ranks.segment
            and channel_ranks.place = 1
    left join category_ranks
        on
            segments.segment = category_ranks.segment
            and category_ranks.place = 1

)

select * from segment_profiles
