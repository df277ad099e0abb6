-- What persons are sliced by, as it stands on the as-of date.

with

persons as (

    select * from {{ ref('int_persons') }}

),

person_attributes as (

    select
        persons.person_key,
        coalesce(nullif(trim(customers.country), ''), 'unknown') as country,
        coalesce(persons.account_id, 'unknown') as account,
        persons.guest_order_id is not null as is_guest
    from persons
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id

)

select * from person_attributes
