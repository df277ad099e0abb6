{# The expression is true of every row; null is not true. Returns the rows that break it. #}
{% test expression_is_true(model, expression) %}

    select *
    from {{ model }}
    where ({{ expression }}) is distinct from true

{% endtest %}
