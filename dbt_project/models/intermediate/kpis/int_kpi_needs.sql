-- What each KPI needs, taken apart: of each of its terms one alternative has to be known.

with

terms as (

    select
        kpi,
        {{ unnest_parts('inputs', '|') }} as term
    from {{ ref('kpis') }}

),

needs as (

    select
        kpi,
        term,
        {{ unnest_parts('term', ' or ') }} as input
    from terms

)

select * from needs
