{# The rows of a raw table that staging leaves out, each with the first reason that applies.

   table        the raw table
   key          its primary key columns
   conflict     the reason given to the losers of a key: `superseded` or `id_conflict`
   ranked_by    (expression, direction) pairs that decide the winner of a key
   ties         which row hash wins a tie, `greatest` or `least`: no order of arrival, no clock
   dated_by     the instant (or date) that may not lie more than a day after the row was received
   received     true when the table carries `received_at`
   reasons      further (reason, condition) pairs judged on the row itself, for rows not out yet

   The steps: unknown at `known_at`, dated in the future, other reasons, then conflicts among what is
   left, so that a row with a wrong clock never hides a good one. #}
{% macro filtered_rows(table, key, conflict, ranked_by, ties='greatest', dated_by=none, received=false, reasons=[]) %}

{%- set verdicts = [] -%}
{%- if received and var('known_at') -%}
    {%- do verdicts.append(
        ('not_yet_known', "received_at > cast('" ~ var('known_at') ~ "' as timestamp)")
    ) -%}
{%- endif -%}
{%- if dated_by -%}
    {%- set received_or_loaded = 'coalesce(received_at, loaded_at)' if received else 'loaded_at' -%}
    {%- do verdicts.append(
        ('future', dated_by ~ ' > ' ~ received_or_loaded ~ ' + interval 24 hours')
    ) -%}
{%- endif -%}
{%- do verdicts.extend(reasons) -%}
{%- set verdict -%}
        case
            {% for reason, condition in verdicts -%}
            when {{ condition }} then '{{ reason }}'
            {% endfor -%}
        end
{%- endset -%}

with

-- A hash names the few keys that may stand twice, so that the many others need no memory for their text.
repeated_keys as (

    select {{ key_hash(key) }} as key_hash
    from ({{ raw_rows(table) }}) as raw_rows
    group by {{ key_hash(key) }}
    having count(*) > 1

),

{% if verdicts -%}
bad_rows as (

    select
        raw_row_id,
        {{ key | join(', ') }},
        {{ verdict }} as reason
    from ({{ raw_rows(table) }}) as raw_rows
    where {{ verdict }} is not null

),

{% endif -%}
contested_rows as (

    select
        raw_row_id,
        {{ key | join(', ') }},
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                {% for term in ranked_by -%}
                {{ term[0] }} {{ term[1] }},
                {% endfor -%}
                row_hash {{ 'asc' if ties == 'least' else 'desc' }},
                raw_row_id
        ) as place
    from ({{ raw_rows(table) }}) as raw_rows
    where
        {{ key_hash(key) }} in (select key_hash from repeated_keys)
        {%- if verdicts %}
        and raw_row_id not in (select raw_row_id from bad_rows)
        {%- endif %}

),

filtered_rows as (

    {% if verdicts -%}
    select
        raw_row_id,
        {{ key | join(', ') }},
        reason
    from bad_rows

    union all

    {% endif -%}
    select
        raw_row_id,
        {{ key | join(', ') }},
        '{{ conflict }}' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows

{% endmacro %}
