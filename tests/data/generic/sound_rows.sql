-- Mostly Jinja, whose indents the linter takes for those of SQL.
-- sqlfluff:exclude_rules:layout.indent
{# What is claimed of the rows of one table, judged by one query: a test has a fixed cost, whatever
   it asks. Returns up to three broken rows per broken claim: `breach` says in words what is wrong,
   `broken_rows` of how many, and the key of which. What is said of a row alone is judged in one
   scan, and a row that breaks several such claims is told by the first.

     primary_key  columns that together never repeat, each never null
     unique       further keys: lists of columns that together never repeat; null is a value here
     filled       columns that are never null
     values       accepted values by column; null is no value
     parents      by column: to (a relation) and field, where each value stands; null is no value
     holds        by name, which is the claim: an expression true of every row; null is not true #}
{% test sound_rows(
    model, primary_key=[], unique=[], filled=[], values={}, parents={}, holds={}
) %}
    {% set keys = primary_key or (unique[0] if unique else []) %}
    {# A wrong value is quoted, unless it may be somebody's. #}
    {% set personal = [] %}
    {% if execute and values %}
        {% for source in graph.sources.values() %}
            {% for column in source.columns.values() if column.config.meta.get('pii') %}
                {% do personal.append(column.name) %}
            {% endfor %}
        {% endfor %}
    {% endif %}

    with

    breaches as (

        {% if filled or values or holds -%}

        select
            case
                {%- for column in filled %}
                when {{ column }} is null then '{{ column }} is empty'
                {%- endfor %}
                {%- for column, accepted in values.items() %}
                when {{ column }} not in ('{{ accepted | join("', '") }}')
                    then '{{ column }} is {% if column not in personal -%}
                        "' || cast({{ column }} as string) || '", {% endif -%}
                        none of {{ accepted | join(', ') }}'
                {%- endfor %}
                {%- for claim, expression in holds.items() %}
                when ({{ expression }}) is distinct from true
                    then 'it does not hold that {{ claim | replace('_', ' ') }}'
                {%- endfor %}
            end as breach,
            1 as broken_rows
            {% for column in keys %}, {{ column }}{% endfor %}
        from {{ model }}
        {% endif %}
        {% if primary_key -%}

        {{ 'union all' if filled or values or holds }}

        select
            case
                {% for column in primary_key -%}
                when {{ column }} is null then '{{ column }} is empty'
                {% endfor %}
                else '{{ primary_key | join(' + ') }} repeats'
            end as breach,
            count(*) as broken_rows
            {% for column in primary_key %}, {{ column }}{% endfor %}
        from {{ model }}
        group by {{ primary_key | join(', ') }}
        having
            count(*) > 1
            {% for column in primary_key -%}
            or {{ column }} is null
            {% endfor %}
        {% endif %}
        {% for columns in unique -%}

        {{ 'union all' if filled or values or holds or primary_key or not loop.first }}

        select
            '{{ columns | join(' + ') }} repeats' as breach,
            1 as broken_rows
            {% for key in keys %}, judged.{{ key }}{% endfor %}
        from {{ model }} as judged
        inner join (
            select {{ columns | join(', ') }}
            from {{ model }}
            group by {{ columns | join(', ') }}
            having count(*) > 1
        ) as repeated
            on
                {% for column in columns -%}
                {% if not loop.first %}and {% endif %}
                judged.{{ column }} is not distinct from repeated.{{ column }}
                {% endfor %}
        {% endfor %}
        {% for column, parent in parents.items() -%}

        {{ 'union all' if filled or values or holds or primary_key or unique or not loop.first }}

        select
            '{{ column }} is no {{ parent.field }} of {{ parent.to.identifier }}' as breach,
            1 as broken_rows
            {% for key in keys %}, {{ key }}{% endfor %}
        from {{ model }}
        where
            {{ column }} is not null
            and {{ column }} not in (
                select {{ parent.field }} from {{ parent.to }} where {{ parent.field }} is not null
            )
        {% endfor %}

    ),

    numbered_breaches as (

        select
            breach,
            sum(broken_rows) over (partition by breach) as broken_rows
            {% for column in keys -%}, {{ column }}{% endfor %},
            row_number() over (
                partition by breach order by {{ keys | join(', ') or 'broken_rows' }}
            ) as example_no
        from breaches
        where breach is not null

    )

    select
        breach,
        broken_rows
        {% for column in keys %}, {{ column }}{% endfor %}
    from numbered_breaches
    where example_no <= 3

{% endtest %}
