-- The firsts of each person: the day of the first session and of the first lead.

with

first_days as (

    select
        person_key,
        signal,
        min(signal_date) as fact_date
    from {{ ref('int_dated_signals') }}
    where signal in ('visit', 'lead')
    group by
        person_key,
        signal

),

facts as (

    select
        fact_date,
        person_key,
        case when signal = 'visit' then 1 end as new_visitors,
        case when signal = 'lead' then 1 end as leads
    from first_days

)

select * from facts
