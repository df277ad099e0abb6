-- The day on which the data end: as_of_date and identity_as_of where no var names them. It stands
-- in staging because which merge counts, which is decided here, depends on it.

with

last_instants as (

    select max(occurred_at) as last_at from {{ ref('stg_events') }}

    union all

    select max(created_at) as last_at from {{ ref('stg_orders') }} where is_valid

),

last_day as (

    select {{ local_date('max(last_at)') }} as last_on
    from last_instants

)

select * from last_day
