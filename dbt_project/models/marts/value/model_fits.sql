-- The numbers of every fit but those of past month ends, and how far each was off in the days held
-- out. Too few customers for a fit are told as such.

with

models as (

    select 'bg_nbd' as model

    union all

    select 'mbg_nbd' as model

),

customers as (

    select
        purpose,
        count(*) as customers
    from {{ ref('int_value_histories') }}
    group by purpose

    union all

    select
        'spending' as purpose,
        sum(customers) as customers
    from {{ ref('int_value_statistics') }}
    where purpose = 'spending'
    having sum(customers) > 0

),

fitted_numbers as (

    select
        purpose,
        model,
        name,
        value
    from {{ ref('int_value_models') }}
    where
        name is not null
        and purpose not like 'month:%'

),

told_numbers as (

    select * from fitted_numbers

    union all

    select
        customers.purpose,
        models.model,
        'customers' as name,
        cast(customers.customers as double) as value
    from customers
    cross join models
    where customers.purpose <> 'spending'

    union all

    select
        'all' as purpose,
        'gamma_gamma' as model,
        'customers' as name,
        cast(customers as double) as value
    from customers
    where purpose = 'spending'

    union all

    select
        purpose,
        model,
        'wape' as name,
        wape as value
    from {{ ref('int_value_errors') }}

    union all

    select
        purpose,
        model,
        'bias' as name,
        bias as value
    from {{ ref('int_value_errors') }}

),

fits as (

    select
        model,
        purpose,
        name,
        value
    from told_numbers

)

select * from fits
