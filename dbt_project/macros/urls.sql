{# Addresses of pages: what they say of where a visitor came from. #}

{# The parameters of an address as they stand, with `&` between them. #}
{% macro url_query(url) -%}
    regexp_extract({{ url }}, '^[^?#]*[?]([^#]*)', 1)
{%- endmacro %}

{# What a value of a parameter says; null if nothing. #}
{% macro url_text(value) %}{{ return(adapter.dispatch('url_text')(value)) }}{% endmacro %}
{% macro default__url_text(value) -%}
    nullif(trim(url_decode(replace({{ value }}, '+', ' '))), '')
{%- endmacro %}

{# What the first parameter of that name says in an address that has one. #}
{% macro url_parameter(url, name) -%}
    {{ url_text("regexp_extract(" ~ url_query(url) ~ ", '(^|&)" ~ name ~ "=([^&]+)', 2)") }}
{%- endmacro %}

{# The place of a row in its seed. #}
{% macro place_in_seed(seed) %}{{ return(adapter.dispatch('place_in_seed')(seed)) }}{% endmacro %}
{% macro default__place_in_seed(seed) -%}
    {{ seed }}.rowid
{%- endmacro %}
