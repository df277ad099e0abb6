{# The columns together are never null and never repeat; an empty table passes only if the model
   says it may be empty. Returns the offending keys. #}
{% test primary_key(model, columns) %}

    select {{ columns | join(', ') }}, count(*) as copies
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {% for column in columns -%}
        or {{ column }} is null
        {% endfor %}

{% endtest %}
