-- What health can be, for labels and order in reports.

with

health_states as (

    select
        health,
        ordinal,
        label,
        label_it,
        description
    from {{ ref('health_labels') }}

)

select * from health_states
