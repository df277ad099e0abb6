-- The segment of each of the 125 cells of scores: of those whose ranges hold it, the first by
-- priority.

with

scores as (

    {% for score in range(1, 6) -%}
    select {{ score }} as score
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

cells as (

    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score,
        min_by(segments.segment, segments.priority) as segment
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary
    inner join {{ ref('rfm_segments') }} as segments
        on
            recency.score between segments.recency_from and segments.recency_to
            and frequency.score between segments.frequency_from and segments.frequency_to
            and monetary.score between segments.monetary_from and segments.monetary_to
    group by
        recency.score,
        frequency.score,
        monetary.score

)

select * from cells
