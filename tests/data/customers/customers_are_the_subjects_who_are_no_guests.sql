-- Every person with a customer id or a booked order that is no guest's is a customer once, and what
-- both marts tell of a person is the same.

{{ config(meta={'dagster': {'ref': {'name': 'customers'}}}) }}

{% set columns = [
    'subject_id',
    'first_seen_on',
    'first_order_on',
    'last_order_on',
    'orders',
    'net_revenue',
    'acquisition_channel',
    'country',
    'stage',
    'health',
    'rfm_segment',
    'predicted_value_365d',
] %}

with

both_sides as (

    select
        {{ columns | join(', ') }},
        1 as side
    from {{ ref('subjects') }}
    where
        subject_type = 'person'
        and (is_identified or orders > 0)
        and not starts_with(subject_id, 'visitor:order:')

    union all

    select
        {{ columns | join(', ') }},
        -1 as side
    from {{ ref('customers') }}

),

unbalanced_customers as (

    {{ unbalanced_rows('both_sides', columns) }}

)

select * from unbalanced_customers
