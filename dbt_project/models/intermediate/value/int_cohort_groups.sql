{{ config(materialized='view') }}

-- The dimensions in which customers are followed from their first order on.

with

cohort_groups as (

    select
        person_key,
        dimension,
        dimension_value
    from {{ ref('int_customer_groups') }}
    where
        dimension in ('all', 'acquisition_channel', 'first_category', 'first_coupon', 'country')

)

select * from cohort_groups
