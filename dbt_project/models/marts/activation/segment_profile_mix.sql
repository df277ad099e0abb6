-- How the customers of each segment part by stage, health, channel, country and favourite category.

with

members as (

    select
        members.segment,
        customers.stage,
        customers.health,
        customers.acquisition_channel as channel,
        customers.country,
        customers.favourite_category as category
    from {{ ref('segment_members') }} as members
    inner join {{ ref('customers') }} as customers on members.subject_id = customers.subject_id

),

parts as (

    {% for dimension in ['stage', 'health', 'channel', 'country', 'category'] -%}
    select
        segment,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as dimension_value,
        count(*) as customers
    from members
    group by
        segment,
        coalesce({{ dimension }}, 'unknown')
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from parts
