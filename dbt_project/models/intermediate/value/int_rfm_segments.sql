-- Scores and segment of each customer on the written dates, with the segment of the date before
-- and since when it is the same. The k-th point of a measure is its value at position ⌈k n / 5⌉:
-- as many points lie below a value as fifths of the customers do, so that ties share a score.

with

-- How many have less is one less than the rank; a value nobody knows is in no order.
placed_customers as (

    select
        *,
        count(*) over (partition by as_of_date) as customers,
        count(monetary) over (partition by as_of_date) as customers_with_value,
        rank() over (partition by as_of_date order by recency_days) - 1 as shorter_recencies,
        rank() over (partition by as_of_date order by frequency) - 1 as lower_frequencies,
        rank() over (partition by as_of_date order by monetary nulls last) - 1 as lower_values
    from {{ ref('int_rfm_measures') }}

),

scored_customers as (

    select
        as_of_date,
        date_no,
        is_written,
        person_key,
        recency_days,
        frequency,
        monetary,
        5 - cast(floor(5 * shorter_recencies / customers) as integer) as recency_score,
        1 + cast(floor(5 * lower_frequencies / customers) as integer) as frequency_score,
        case
            when monetary is not null
                then 1 + cast(floor(5 * lower_values / customers_with_value) as integer)
        end as monetary_score
    from placed_customers

),

named_customers as (

    select
        scored_customers.*,
        cells.segment,
        lag(scored_customers.date_no) over customer_dates as previous_no,
        lag(cells.segment) over customer_dates as segment_before
    from scored_customers
    left join {{ ref('int_rfm_cells') }} as cells
        on
            scored_customers.recency_score = cells.recency_score
            and scored_customers.frequency_score = cells.frequency_score
            and scored_customers.monetary_score = cells.monetary_score
    window customer_dates as (
        partition by scored_customers.person_key
        order by scored_customers.as_of_date
    )

),

compared_customers as (

    select
        *,
        coalesce(previous_no = date_no - 1, false) as was_scored
    from named_customers

),

segments as (

    select
        as_of_date,
        is_written,
        person_key,
        recency_days,
        frequency,
        monetary,
        recency_score,
        frequency_score,
        monetary_score,
        segment,
        case when was_scored then segment_before end as previous_segment,
        max(
            case
                when not was_scored or segment is distinct from segment_before then as_of_date
            end
        ) over (
            partition by person_key
            order by as_of_date
            rows between unbounded preceding and current row
        ) as segment_since
    from compared_customers

)

select
    as_of_date,
    person_key,
    recency_days,
    frequency,
    monetary,
    recency_score,
    frequency_score,
    monetary_score,
    segment,
    previous_segment,
    segment_since
from segments
where is_written
