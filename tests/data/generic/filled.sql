{# None of the columns is ever null. One node for many columns: each test has a fixed cost. Returns
   the rows with a hole. #}
{% test filled(model, columns) %}

    select *
    from {{ model }}
    where
        {% for column in columns -%}
        {{ 'or ' if not loop.first }}{{ column }} is null
        {% endfor %}

{% endtest %}
