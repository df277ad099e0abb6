{% set measures = [
    'impressions', 'reach', 'clicks', 'spend', 'followers', 'likes', 'comments', 'shares',
    'podcast_downloads', 'podcast_listeners', 'sessions',
] %}

with

raw_rows as (

    {{ raw_rows('channel_daily') }}

),

parts as (

    select raw_rows.*
    from raw_rows
    left join {{ ref('filtered_channel_daily') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where
        filtered.raw_row_id is null
        or filtered.reason = 'added_to_another_part'

),

accepted_rows as (

    select
        date,
        channel,
        campaign,
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        currency
    from parts
    group by
        date,
        channel,
        campaign,
        currency

)

select * from accepted_rows
