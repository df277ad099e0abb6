{{ config(materialized='view') }}

-- Customers by what they began with, one row for each thing that they can be told apart by; `all`
-- holds everybody.

with

customer_groups as (

    select
        person_key,
        'all' as dimension,
        'all' as dimension_value
    from {{ ref('int_customer_starts') }}
    {% for name in [
        'country',
        'acquisition_channel',
        'device',
        'first_category',
        'first_product',
        'first_coupon',
    ] %}
    union all

    select
        person_key,
        '{{ name }}' as dimension,
        coalesce({{ name }}, 'unknown') as dimension_value
    from {{ ref('int_customer_starts') }}
    {% endfor %}

)

select * from customer_groups
