{# The path of a page's address, lower case: no host, no query, no fragment. Null where it holds an
   `@`, also an escaped one: it may be the e-mail address of a person. #}
{% macro page_path(url) -%}
    {{ return(adapter.dispatch('page_path')(url)) }}
{%- endmacro %}

{% macro default__page_path(url) -%}
    {%- set path -%}
        regexp_replace(regexp_replace(lower({{ url }}), '[?#].*$', ''), '^[a-z]+://[^/]*', '')
    {%- endset -%}
    case
        when {{ url }} is null or contains({{ path }}, '@') or contains({{ path }}, '%40') then null
        when {{ path }} = '' then '/'
        else {{ path }}
    end
{%- endmacro %}
