{# Addresses of pages: what they say of where a visitor came from. #}

{# The decoded value of the first parameter of that name in an address that has one; `name` is an
   expression. #}
{% macro url_parameter(url, name) -%}
    {{ return(adapter.dispatch('url_parameter')(url, name)) }}
{%- endmacro %}

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

{# The host of an address in lower case, null without one. #}
{% macro url_host(url) -%}
    {{ return(adapter.dispatch('url_host')(url)) }}
{%- endmacro %}

{% macro default__url_host(url) -%}
    nullif(
        lower(
            regexp_extract(trim({{ url }}), '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#@]*@)?([^/:?#]+)', 3)
        ),
        ''
    )
{%- endmacro %}

{# Whether a host is a domain or lies in it. #}
{% macro is_within_domain(host, domain) -%}
    ({{ host }} = {{ domain }} or right({{ host }}, length({{ domain }}) + 1) = '.' || {{ domain }})
{%- endmacro %}

{# The place of a row in its seed. #}
{% macro place_in_seed(seed) -%}
    {{ return(adapter.dispatch('place_in_seed')(seed)) }}
{%- endmacro %}

{% macro default__place_in_seed(seed) -%}
    {{ seed }}.rowid
{%- endmacro %}
