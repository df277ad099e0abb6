{# By what customers are followed: the dimensions of retention_cohorts and order_sequence. #}

{% macro cohort_dimensions() -%}
    {{ return(['all', 'acquisition_channel', 'first_category', 'first_coupon', 'country']) }}
{%- endmacro %}
