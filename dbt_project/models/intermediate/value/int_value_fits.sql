-- The fits with their numbers side by side; without enough customers there is none.

with

fits as (

    select
        purpose,
        model,
        max(case when name = 'r' then value end) as r,
        max(case when name = 'alpha' then value end) as alpha,
        max(case when name = 'a' then value end) as a,
        max(case when name = 'b' then value end) as b,
        max(case when name = 'p' then value end) as p,
        max(case when name = 'q' then value end) as q,
        max(case when name = 'v' then value end) as v,
        max(case when name = 'is_converged' then value end) = 1 as is_converged
    from {{ ref('int_value_models') }}
    where name is not null
    group by
        purpose,
        model

)

select * from fits
