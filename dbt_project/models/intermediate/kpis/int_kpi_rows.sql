-- What all topics computed, before status and value.

with

topic_rows as (

    {% for topic in kpi_topics() -%}
    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        last_unit_on,
        mature_on,
        is_missing_rate,
        is_unknown,
        '{{ topic }}' as model
    from {{ ref(topic) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from topic_rows
