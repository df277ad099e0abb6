{# Pieces that the three ways to compute KPIs share: kpi_from_facts (additive), kpi_from_sets (anew
   per period) and kpi_from_spans (stocks). Not for use elsewhere.

   A KPI is named by an entry, a mapping of SQL expressions over one row of the input:
   kpi          its id in the catalogue
   numerator    what the row adds; null if it adds nothing
   denominator  likewise; absent for counts, sums and medians
   sample       what it adds to the sample; default the denominator, without one the rows that count
   is_money     true if the row's `is_missing_rate` makes the KPI unknown
   mature_on    the last day on which the row may still change, where it is not the row's date plus
                the catalogue's maturity_days
   aggregate    `sum` (default), `max` or `median` of the numerator (kpi_from_sets only)
   The dimensions are columns; `country`, `account` and `health` are looked up by person_key.
   `names` maps a column to SQL for the dimension's name where that is not the column's own.
   A row counts for a KPI when its numerator or its denominator is not null. #}

{# Whether a row counts for a KPI. #}
{% macro kpi_counts(entry) -%}
    {%- if entry.denominator is defined -%}
    coalesce({{ entry.numerator }}, {{ entry.denominator }}) is not null
    {%- else -%}
    ({{ entry.numerator }}) is not null
    {%- endif -%}
{%- endmacro %}

{# The rows of a relation with what `dimensions` need of a person: country and account as of today,
   health on the eve of `fact_date`. #}
{% macro kpi_described_rows(relation, dimensions) -%}
    select
        kpi_rows.*
        {%- if 'country' in dimensions %},
        coalesce(attributes.country, 'unknown') as country
        {%- endif %}
        {%- if 'account' in dimensions %},
        coalesce(attributes.account, 'unknown') as account
        {%- endif %}
        {%- if 'health' in dimensions %},
        coalesce(health_spans.health, 'unknown') as health
        {%- endif %}
    from {{ relation }} as kpi_rows
    {%- if 'country' in dimensions or 'account' in dimensions %}
    left join {{ ref('int_person_attributes') }} as attributes
        on kpi_rows.person_key = attributes.person_key
    {%- endif %}
    {%- if 'health' in dimensions %}
    left join {{ ref('int_health_spans') }} as health_spans
        on
            kpi_rows.person_key = health_spans.subject_key
            and {{ add_days('kpi_rows.fact_date', -1) }} >= health_spans.valid_from
            and {{ add_days('kpi_rows.fact_date', -1) }} < health_spans.valid_to
    {%- endif %}
{%- endmacro %}

{# One aggregate row per group of `keys` and slice of one dimension, a few columns per KPI. #}
{% macro kpi_slice_totals(relation, kpis, keys, dimension, names, is_dated) -%}
    select
        {% for key in keys -%}
        {{ key }},
        {% endfor -%}
        {{ names[dimension] or "'" ~ dimension ~ "'" }} as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as dimension_value
        {%- for entry in kpis %}
        {%- set counts = kpi_counts(entry) %},
        {% if entry.aggregate == 'median' -%}
        {{ exact_median(entry.numerator) }} as numerator_{{ loop.index }},
        {%- else -%}
        {{ entry.aggregate or 'sum' }}({{ entry.numerator }}) as numerator_{{ loop.index }},
        {%- endif %}
        {% if entry.denominator is defined -%}
        sum({{ entry.denominator }}) as denominator_{{ loop.index }},
        {%- endif %}
        {% if entry.sample is defined -%}
        sum({{ entry.sample }}) as sample_{{ loop.index }},
        {%- elif entry.denominator is defined -%}
        sum({{ entry.denominator }}) as sample_{{ loop.index }},
        {%- else -%}
        sum(case when {{ counts }} then 1 else 0 end) as sample_{{ loop.index }},
        {%- endif %}
        {% if is_dated -%}
        max(case when {{ counts }} then fact_date end) as last_unit_on_{{ loop.index }},
        {%- endif %}
        {% if entry.mature_on is defined -%}
        max(case when {{ counts }} then {{ entry.mature_on }} end) as mature_on_{{ loop.index }},
        {%- endif %}
        {% if entry.is_money -%}
        coalesce(bool_or(is_missing_rate and {{ counts }}), false) as missing_{{ loop.index }},
        {%- endif %}
        max(case when {{ counts }} then 1 else 0 end) as counted_{{ loop.index }}
        {%- endfor %}
    from {{ relation }}
    group by
        {% for key in keys -%}
        {{ key }}{{ ',' if dimension != 'all' or not loop.last }}
        {% endfor -%}
        {% if dimension != 'all' -%}
        {{ dimension }}
        {%- endif -%}
        {%- if names[dimension] -%},
        {{ names[dimension] }}
        {%- endif -%}
{%- endmacro %}

{# The same totals as one row per KPI, without the groups in which no row counted. #}
{% macro kpi_unpivoted(relation, kpis, keys, is_dated) -%}
    {%- for entry in kpis %}
    select
        '{{ entry.kpi }}' as kpi,
        {% for key in keys -%}
        {{ key }},
        {% endfor -%}
        dimension,
        dimension_value,
        cast(
            {%- if entry.aggregate == 'median' %} numerator_{{ loop.index }}
            {%- else %} coalesce(numerator_{{ loop.index }}, 0)
            {%- endif %} as decimal(38, 4)
        ) as numerator,
        {% if entry.denominator is defined -%}
        cast(coalesce(denominator_{{ loop.index }}, 0) as decimal(38, 4)) as denominator,
        {%- else -%}
        cast(null as decimal(38, 4)) as denominator,
        {%- endif %}
        cast(coalesce(sample_{{ loop.index }}, 0) as bigint) as sample_size,
        {{ 'last_unit_on_' ~ loop.index if is_dated else 'cast(null as date)' }} as last_unit_on,
        {% if entry.mature_on is defined -%} mature_on_{{ loop.index }}
        {%- else -%} cast(null as date) {%- endif %} as mature_on,
        {{ 'missing_' ~ loop.index if entry.is_money else 'false' }} as is_missing_rate,
        false as is_unknown
    from {{ relation }}
    where counted_{{ loop.index }} = 1
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# The rows of `relation`, and an `all` row of nothing for every KPI and period that has none. #}
{% macro kpi_with_empty_periods(relation, kpis, grains) -%}
    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        last_unit_on,
        mature_on,
        is_missing_rate,
        is_unknown
    from {{ relation }}

    union all

    select
        entries.kpi,
        periods.period_grain,
        periods.period_start,
        'all' as dimension,
        'all' as dimension_value,
        entries.numerator,
        entries.denominator,
        cast(0 as bigint) as sample_size,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        false as is_missing_rate,
        false as is_unknown
    from {{ ref('int_periods') }} as periods
    cross join (
        {%- for entry in kpis %}
        select
            '{{ entry.kpi }}' as kpi,
            cast({{ 'null' if entry.aggregate == 'median' else 0 }} as decimal(38, 4)) as numerator,
            cast({{ 0 if entry.denominator is defined else 'null' }} as decimal(38, 4))
                as denominator
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as entries
    where
        periods.period_grain in ('{{ grains | join("', '") }}')
        and not exists (
            select 1
            from {{ relation }} as written
            where
                written.kpi = entries.kpi
                and written.period_grain = periods.period_grain
                and written.period_start = periods.period_start
                and written.dimension = 'all'
        )
{%- endmacro %}
