{# The channel of a touch or an order, from the seed channel_map: the exact (source, medium) first, then
   the source with a blank medium, else `unknown`. A touch without any source looks up the blank one. #}
{% macro channel_joins(source, medium) -%}
    left join {{ ref('channel_map') }} as exact_channels
        on
            lower(coalesce({{ source }}, '')) = coalesce(exact_channels.source, '')
            and lower(coalesce({{ medium }}, '')) = coalesce(exact_channels.medium, '')
    left join {{ ref('channel_map') }} as source_channels
        on
            lower(coalesce({{ source }}, '')) = coalesce(source_channels.source, '')
            and source_channels.medium is null
{%- endmacro %}

{% macro channel_name() -%}
    coalesce(exact_channels.channel, source_channels.channel, 'unknown')
{%- endmacro %}
