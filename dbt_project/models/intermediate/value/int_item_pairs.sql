-- What else the customers of a product, or category, have bought: its companions among the items
-- with most customers, the best ones first, ties by id. Over 120 lines, since a pair is told with
-- the counts of its two items and of all.

with

item_customers as (

    select * from {{ ref('int_item_customers') }}

),

shops as (

    select
        purpose,
        kind,
        count(distinct person_key) as customers
    from item_customers
    group by
        purpose,
        kind

),

items as (

    select
        purpose,
        kind,
        item,
        count(*) as customers,
        row_number() over (partition by purpose, kind order by count(*) desc, item asc) as place
    from item_customers
    group by
        purpose,
        kind,
        item

),

-- Millions of pairs are told apart by numbers, which are in the order of the ids.
common_items as (

    select
        items.*,
        dense_rank() over (order by items.purpose, items.kind) as shelf_no,
        row_number() over (order by items.purpose, items.kind, items.item) as item_no
    from items
    cross join {{ ref('int_kpi_windows') }} as windows
    where items.place <= windows.affinity_items

),

common_item_customers as (

    select
        common_items.shelf_no,
        common_items.item_no,
        item_customers.person_key,
        item_customers.first_bought_on
    from item_customers
    inner join common_items
        on
            item_customers.purpose = common_items.purpose
            and item_customers.kind = common_items.kind
            and item_customers.item = common_items.item

),

pairs as (

    select
        a.item_no as item_no_a,
        b.item_no as item_no_b,
        count(*) as customers_both,
        sum(case when b.first_bought_on > a.first_bought_on then 1 else 0 end) as customers_after,
        {{ exact_median(
            'case when b.first_bought_on > a.first_bought_on then cast('
            ~ days_between('a.first_bought_on', 'b.first_bought_on') ~ ' as decimal(9, 0)) end'
        ) }} as median_days
    from common_item_customers as a
    inner join common_item_customers as b
        on
            a.shelf_no = b.shelf_no
            and a.person_key = b.person_key
    where a.item_no <> b.item_no
    group by
        a.item_no,
        b.item_no

),

ranked_pairs as (

    select
        pairs.*,
        row_number() over (
            partition by pairs.item_no_a
            order by pairs.customers_both desc, pairs.item_no_b asc
        ) as place
    from pairs
    cross join {{ ref('int_kpi_windows') }} as windows
    where pairs.customers_both >= windows.fewest_joint_customers

),

item_pairs as (

    select
        items_a.purpose,
        items_a.kind,
        items_a.item as item_a,
        items_b.item as item_b,
        pairs.place,
        shops.customers,
        items_a.customers as customers_a,
        items_b.customers as customers_b,
        pairs.customers_both,
        cast(pairs.customers_after as bigint) as customers_after,
        pairs.median_days,
        {{ exact_ratio('pairs.customers_both', 'items_a.customers', 0) }} as confidence
    from ranked_pairs as pairs
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join common_items as items_a on pairs.item_no_a = items_a.item_no
    inner join common_items as items_b on pairs.item_no_b = items_b.item_no
    inner join shops
        on
            items_a.purpose = shops.purpose
            and items_a.kind = shops.kind
    where pairs.place <= windows.affinity_rules

)

select * from item_pairs
