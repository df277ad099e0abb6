{# Addresses of pages: what they say of where a visitor came from. #}

{# The decoded value of the first parameter of that name in an address that has one; `name` is an
   expression. #}
{% macro url_parameter(url, name) %}{{ return(adapter.dispatch('url_parameter')(url, name)) }}{% endmacro %}
{% macro default__url_parameter(url, name) -%}
    nullif(
        trim(
            url_decode(
                replace(
                    regexp_extract(
                        regexp_extract({{ url }}, '^[^?#]*[?]([^#]*)', 1),
                        '(^|&)' || {{ name }} || '=([^&]+)',
                        2
                    ),
                    '+',
                    ' '
                )
            )
        ),
        ''
    )
{%- endmacro %}

{# The place of a row in its seed. #}
{% macro place_in_seed(seed) %}{{ return(adapter.dispatch('place_in_seed')(seed)) }}{% endmacro %}
{% macro default__place_in_seed(seed) -%}
    {{ seed }}.rowid
{%- endmacro %}
