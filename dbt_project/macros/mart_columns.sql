{# The columns of a mart with their types, as its contract lists them. dbt knows all contracts only
   once it runs, so nothing is listed while it parses. #}
{% macro mart_columns(mart) %}
    {% set found = [] %}
    {% if execute %}
        {% for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == mart %}
            {% do found.extend(node.columns.values()) %}
        {% endfor %}
    {% endif %}
    {% do return(found) %}
{% endmacro %}
