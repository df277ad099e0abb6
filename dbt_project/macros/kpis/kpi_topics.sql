{# The models that compute KPIs, one per topic: the one place that lists them. Each has the shape
   that kpi_from_facts() writes. #}
{% macro kpi_topics() -%}
    {{ return([
        'int_kpi_orders',
        'int_kpi_customers',
        'int_kpi_active_customers',
        'int_kpi_retention',
        'int_kpi_mrr',
        'int_kpi_value',
        'int_kpi_discovery',
        'int_kpi_sessions',
        'int_kpi_audience',
        'int_kpi_carts',
        'int_kpi_acquisition',
        'int_kpi_messages',
        'int_kpi_surveys',
        'int_kpi_trials',
        'int_kpi_support',
        'int_kpi_referrals',
        'int_kpi_affiliates',
        'int_kpi_reviews',
        'int_kpi_stages',
    ]) }}
{%- endmacro %}
