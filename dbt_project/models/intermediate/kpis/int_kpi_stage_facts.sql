-- Entries into a stage on the day on which a stay begins, exits on the day on which it is over.

with

stays as (

    select * from {{ ref('int_stage_stays') }}

),

facts as (

    select
        began_on as fact_date,
        framework,
        stage,
        1 as entries,
        cast(null as integer) as exits,
        case when not is_highest then 1 end as stays,
        case when not is_highest and has_advanced then 1 end as advanced_stays
    from stays

    union all

    select
        ended_on as fact_date,
        framework,
        stage,
        cast(null as integer) as entries,
        1 as exits,
        cast(null as integer) as stays,
        cast(null as integer) as advanced_stays
    from stays
    where ended_on is not null

)

select * from facts
