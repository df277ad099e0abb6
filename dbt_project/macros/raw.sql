{# Reading the raw tables, whoever filled them: this project's ingest or a loader of the user's. #}

{# All rows of a raw table with every column of the contract; a column (or a whole optional table)
   that the loader does not have is null (empty). Currencies are in capitals, and ids without blanks
   around them, which this project's own ingest (it leaves a row hash) has removed already.
   `raw_row_id` names a row within one build. #}
{% macro raw_rows(table) %}{{ return(adapter.dispatch('raw_rows')(table)) }}{% endmacro %}
{% macro default__raw_rows(table) -%}
    {%- set relation = source('raw', table) -%}
    {%- if execute -%}
        {%- set loaded = load_relation(relation) -%}
        {%- set present = [] -%}
        {%- if loaded is not none -%}
            {%- for column in adapter.get_columns_in_relation(loaded) -%}
                {%- do present.append(column.name | lower) -%}
            {%- endfor -%}
        {%- endif -%}
        select
            {% if loaded is none -%}
            cast(null as bigint)
            {%- elif loaded.is_view -%}
            {# A view has no row ids; rows of one hash are alike, whichever comes first. #}
            row_number() over (order by hash({{ present | join(', ') }}))
            {%- else -%}
            rowid
            {%- endif %} as raw_row_id,
            {% for column in raw_contract(table) -%}
            {% if column.name in present -%}
            {%- if column.config.meta.get('uppercase') -%}
            upper(trim({{ column.name }}))
            {%- elif column.config.meta.get('trimmed') and '_row_hash' not in present -%}
            trim({{ column.name }})
            {%- else -%}
            {{ column.name }}
            {%- endif %} as {{ column.name }},
            {% else -%}
            cast(null as {{ column.data_type }}) as {{ column.name }},
            {% endif -%}
            {%- endfor -%}
            {% if '_file_id' in present -%} _file_id {%- else -%} cast(null as integer) {%- endif %} as file_id,
            {% if '_loaded_at' in present -%} _loaded_at {%- else -%} cast(null as timestamp) {%- endif %} as loaded_at,
            {% if '_row_hash' in present -%}
            _row_hash
            {%- elif loaded is none -%}
            cast(null as ubigint)
            {%- else -%}
            hash({% for name in present %}{{ name }}{{ ', ' if not loop.last }}{% endfor %})
            {%- endif %} as row_hash
        {% if loaded is none -%}
        where false
        {%- else -%}
        from {{ relation }}
        {%- endif -%}
    {%- else -%}
        select * from {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# The branch of a `case` that leaves a raw row out because its file's source does not count;
   none where another loader fills raw. Ingest writes the verdict over all files anew at the end of
   each run (`raw.muted_files`).

   reason    `other_order_source` or `other_behaviour_source`
   file_id   the file of the row
   dated_by  the instant that a source's last day is compared with #}
{% macro when_muted(reason, file_id, dated_by) -%}
    {%- set muted = source('ingest', 'muted_files') -%}
    {%- if not execute or load_relation(muted) is not none -%}
        when
            exists (
                select 1 from {{ muted }} as muted
                where
                    muted.file_id = {{ file_id }}
                    and muted.reason = '{{ reason }}'
                    and (muted.muted_from is null or {{ dated_by }} >= muted.muted_from)
            )
            then '{{ reason }}'
    {%- endif -%}
{%- endmacro %}

{# An id, or null when it is a placeholder such as `null` or `0`. The list is looked up once per query
   and the expression costs nothing where the column is not read; a subquery per column would be
   joined to every row of every reader. #}
{% macro known_id(column) %}{{ return(adapter.dispatch('known_id')(column)) }}{% endmacro %}

{# The first letter rules most ids out at half the cost; an empty id has none, which is 0. #}
{% macro default__known_id(column) -%}
    case
        when
            list_contains(
                (
                    select list_append(list(ascii(id)) || list(ascii(upper(id))), 0)
                    from {{ ref('excluded_ids') }}
                ),
                ascii({{ column }})
            )
            and list_contains(
                (select list_append(list(id), '') from {{ ref('excluded_ids') }}),
                lower({{ column }})
            )
            then null
        else {{ column }}
    end
{%- endmacro %}

{# The id that a text of `properties` states; null when it is absent, lost its digits or is excluded.
   `text` is a column: it is repeated. #}
{% macro told_id(text) -%}
    {{ known_id(canonical_id(stated_text(text))) }}
{%- endmacro %}

{# The columns of a raw table with all that the contract says of them; none while dbt parses. #}
{% macro raw_contract(table) -%}
    {%- if execute -%}
        {%- set contract = graph.sources['source.customer_lifecycle.raw.' ~ table] -%}
        {{ return(contract.columns.values() | list) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}

{# One integer for a key, to find the few that repeat; equal keys have equal hashes. #}
{% macro key_hash(columns) %}{{ return(adapter.dispatch('key_hash')(columns)) }}{% endmacro %}
{% macro default__key_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{# The hashes of the keys that stand more than once in a raw table: few, so that the many others need
   no memory for their text. #}
{% macro repeated_keys(table, key) -%}
    select {{ key_hash(key) }} as key_hash
    from ({{ raw_rows(table) }}) as raw_rows
    group by {{ key_hash(key) }}
    having count(*) > 1
{%- endmacro %}

{# The moment up to which the build knows what was received, the end of time unless the var
   `known_at` says so. #}
{% macro known_at() -%}
    cast('{{ var("known_at") or "infinity" }}' as timestamp)
{%- endmacro %}

{# Which file brought which content of a raw table, copies of rows loaded before included, with the
   place of the file in the natural order of paths: `day10` comes after `day9`. No row where another
   loader fills the tables, which knows of no files. #}
{% macro deliveries(table) %}{{ return(adapter.dispatch('deliveries')(table)) }}{% endmacro %}
{% macro default__deliveries(table) -%}
    {%- set files = source('ingest', 'ingest_files') -%}
    {%- set noted_copies = source('ingest', 'ingest_copies') -%}
    {%- set copies = load_relation(noted_copies) if execute else none -%}
    {%- if copies is none -%}
        select
            cast(null as ubigint) as row_hash,
            cast(null as bigint) as file_place
        where false
    {%- else -%}
        select
            contents.row_hash,
            max(files.file_place) as file_place
        from (
            select
                _row_hash as row_hash,
                _file_id as file_id
            from {{ source('raw', table) }}

            union all

            select
                row_hash,
                file_id
            from {{ copies }}
            where table_name = '{{ table }}'
        ) as contents
        inner join (
            select
                file_id,
                row_number() over (
                    order by
                        list_transform(
                            regexp_extract_all(path, '[0-9]+|[^0-9]+'),
                            lambda part: case
                                when part < ':' and part >= '0' then lpad(ltrim(part, '0'), 30, '0')
                                else part
                            end
                        ),
                        path,
                        file_id
                ) as file_place
            from {{ files }}
            where table_name = '{{ table }}'
        ) as files
            on contents.file_id = files.file_id
        group by contents.row_hash
    {%- endif -%}
{%- endmacro %}
