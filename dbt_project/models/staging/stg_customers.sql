{% set sources = source('ingest', 'sources') %}
{% set source_files = source('ingest', 'source_files') %}

with

raw_rows as (

    {{ raw_rows('customers') }}

),

-- Another loader tells no sources.
files_without_creation as (

    {% if execute and load_relation(sources) is none -%}
    select cast(null as integer) as file_id
    where false
    {%- else -%}
    select source_files.file_id
    from {{ source_files }} as source_files
    inner join {{ sources }} as sources on source_files.source = sources.source
    where not sources.states_creation
    {%- endif %}

),

-- A source that does not state when its customers were created dates each row by what happened in
-- it; the earliest counts.
undated_rows as (

    select
        raw_row_id,
        min(created_at) over (partition by customer_id) as created_at
    from raw_rows
    where file_id in (select files.file_id from files_without_creation as files)

),

accepted_rows as (

    select
        raw_rows.customer_id,
        coalesce(undated_rows.created_at, raw_rows.created_at) as created_at,
        raw_rows.updated_at,
        raw_rows.email,
        raw_rows.phone,
        raw_rows.first_name,
        raw_rows.last_name,
        raw_rows.birth_date,
        raw_rows.country,
        raw_rows.city,
        case
            when not coalesce(raw_rows.is_deleted, false)
                then {{ known_id('raw_rows.account_id') }}
        end as account_id,
        raw_rows.acquisition_channel,
        raw_rows.marketing_consent,
        raw_rows.attributes,
        coalesce(raw_rows.is_deleted, false) as is_deleted
    from raw_rows
    left join undated_rows
        on raw_rows.raw_row_id = undated_rows.raw_row_id
    left join {{ ref('filtered_customers') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
