-- What this build was made of. Exempt from byte-equality: it names the build, which dbt asks for
-- when it runs alone: what it asks for while it parses, it parses again when that has changed.

{% set build_id = env_var('LIFECYCLE_BUILD_ID', 'by-hand') if execute -%}
{% set package_version = env_var('LIFECYCLE_VERSION', 'unknown') if execute -%}
{% set inputs_hash = env_var('LIFECYCLE_INPUTS_HASH', 'unknown') if execute -%}
{% set rules_hash = env_var('LIFECYCLE_RULES_HASH', 'unknown') if execute -%}
{% set settings_hash = env_var('LIFECYCLE_SETTINGS_HASH', 'unknown') if execute -%}

with

built_frameworks as (

    select {{ joined_text('framework', ', ', 'framework') }} as frameworks
    from {{ ref('int_built_frameworks') }}

),

default_frameworks as (

    select framework
    from {{ ref('frameworks') }}
    where is_default

),

subject_counts as (

    select
        coalesce(sum(case when subject_type = 'person' then 1 else 0 end), 0) as persons,
        coalesce(sum(case when subject_type = 'account' then 1 else 0 end), 0) as accounts
    from {{ ref('subjects') }}

),

build_info as (

    select
        '{{ build_id }}' as build_id,
        '{{ package_version }}' as package_version,
        '{{ inputs_hash }}' as inputs_hash,
        '{{ rules_hash }}' as rules_hash,
        '{{ settings_hash }}' as settings_hash,
        settings.as_of_date,
        settings.identity_as_of,
        {% if var('known_at') -%}
        cast('{{ var("known_at") }}' as timestamp) as known_at,
        {%- else -%}
        cast(null as timestamp) as known_at,
        {%- endif %}
        settings.reporting_timezone,
        settings.reporting_currency,
        built_frameworks.frameworks,
        default_frameworks.framework as default_framework,
        cast(subject_counts.persons as bigint) as persons,
        cast(subject_counts.accounts as bigint) as accounts
    from {{ ref('int_settings') }} as settings
    cross join built_frameworks
    cross join default_frameworks
    cross join subject_counts

)

select * from build_info
