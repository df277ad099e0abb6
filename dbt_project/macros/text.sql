{# Lists kept in one cell of a seed. #}

{# One row per part of a text between separators. #}
{% macro unnest_parts(text, separator) -%}
    {{ return(adapter.dispatch('unnest_parts')(text, separator)) }}
{%- endmacro %}
{% macro default__unnest_parts(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro %}

{# The values of a group as a list, in the order of another column. #}
{% macro ordered_list(value, order_by) -%}
    {{ return(adapter.dispatch('ordered_list')(value, order_by)) }}
{%- endmacro %}
{% macro default__ordered_list(value, order_by) -%}
    list_transform(
        list_sort(list(struct_pack(place := {{ order_by }}, item := {{ value }}))),
        lambda part: struct_extract(part, 'item')
    )
{%- endmacro %}

{# A list of texts without any. #}
{% macro empty_list() %}{{ return(adapter.dispatch('empty_list')()) }}{% endmacro %}
{% macro default__empty_list() -%}
    cast([] as varchar[])
{%- endmacro %}

{# As an aggregate: the texts of a group in order, one after the other with a separator between. An
   aggregate that keeps an order itself sorts each group apart, which costs five times as much. #}
{% macro joined_text(text, separator, ordered_by) -%}
    {{ return(adapter.dispatch('joined_text')(text, separator, ordered_by)) }}
{%- endmacro %}
{% macro default__joined_text(text, separator, ordered_by) -%}
    array_to_string(
        list_transform(
            list_sort(
                list(struct_pack(place := {{ ordered_by }}, word := {{ text }}))
                filter (where {{ text }} is not null)
            ),
            lambda part: struct_extract(part, 'word')
        ),
        '{{ separator }}'
    )
{%- endmacro %}
