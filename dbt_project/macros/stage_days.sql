{# How long somebody has been in a stage, in the groups that odds are told by. #}

{# The group of a number of days; `windows` names the row of int_kpi_windows. #}
{% macro days_in_stage_group(days, windows) -%}
    case
        when {{ days }} < {{ windows }}.settled_stage_days
            then '0-' || ({{ windows }}.settled_stage_days - 1)
        when {{ days }} < {{ windows }}.long_stage_days
            then {{ windows }}.settled_stage_days || '-' || ({{ windows }}.long_stage_days - 1)
        when {{ days }} < {{ windows }}.very_long_stage_days
            then {{ windows }}.long_stage_days || '-' || ({{ windows }}.very_long_stage_days - 1)
        else {{ windows }}.very_long_stage_days || '+'
    end
{%- endmacro %}
