{# The channel of a touch or an order, from the seed channel_map: the exact (source, medium) first, then
   the source with a blank medium, else `unknown`. A touch without any source looks up the blank one.
   `by_both` and `by_source` name the two joins, which channel_name() reads. #}
{% macro channel_joins(source, medium, by_both, by_source) -%}
    left join {{ ref('channel_map') }} as {{ by_both }}
        on
            lower(coalesce({{ source }}, '')) = coalesce({{ by_both }}.source, '')
            and lower(coalesce({{ medium }}, '')) = coalesce({{ by_both }}.medium, '')
    left join {{ ref('channel_map') }} as {{ by_source }}
        on
            lower(coalesce({{ source }}, '')) = coalesce({{ by_source }}.source, '')
            and {{ by_source }}.medium is null
{%- endmacro %}

{% macro channel_name(by_both, by_source) -%}
    coalesce({{ by_both }}.channel, {{ by_source }}.channel, 'unknown')
{%- endmacro %}
