{# The natural logarithm of the gap between two order days, as a decimal so that sums are exact. #}
{% macro log_gap(earlier, later) -%}
    cast(ln({{ days_between(earlier, later) }}) as decimal(18, 15))
{%- endmacro %}

{# Days of silence after which the policy calls a subject `at_risk` or `lapsed` (lifecycle.md, section 6),
   before the two are put in order: the mean log gap and so many deviations `z`, within the bounds of the
   policy. #}
{% macro silence_limit(mean_log_gap, z, policy) -%}
    cast(
        greatest(
            least(
                ceil(round(exp({{ mean_log_gap }} + {{ z }} * {{ policy }}.log_gap_sigma), 6)),
                {{ policy }}.max_days
            ),
            {{ policy }}.min_days
        ) as bigint
    )
{%- endmacro %}

{# The healths, in the order in which a silent customer passes them. #}
{% macro healths() -%}
    {{ return(['prospect', 'active', 'at_risk', 'lapsed']) }}
{%- endmacro %}

{% macro health_step(health) -%}
    case {{ health }}
        {% for name in healths() -%}
        when '{{ name }}' then {{ loop.index0 }}
        {% endfor -%}
    end
{%- endmacro %}

{% macro health_name(step) -%}
    case {{ step }}
        {% for name in healths() -%}
        when {{ loop.index0 }} then '{{ name }}'
        {% endfor -%}
    end
{%- endmacro %}
