-- The facts of F(as_of_date) that each measure of a subject counts.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

standing_facts as (

    select facts.*
    from {{ ref('int_signal_facts') }} as facts
    cross join settings
    where coalesce(facts.voided_on > settings.as_of_date, true)

),

person_facts as (

    select * from standing_facts

    union all

    -- `any` was seen even where it stands no more.
    select
        person_key,
        {{ signal_no('any') }} as signal_no,
        signal_date,
        occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on,
        source_table,
        event_row_id,
        source_id
    from {{ ref('int_signal_facts') }}
    where signal_no not in ({{ signal_no('purchase') }}, {{ signal_no('subscribed') }})

),

subject_facts as (

    select
        person_key as subject_key,
        signal_no,
        signal_date,
        occurred_at,
        value,
        source_table,
        event_row_id,
        source_id
    from person_facts

    union all

    select
        members.account_key as subject_key,
        person_facts.signal_no,
        person_facts.signal_date,
        person_facts.occurred_at,
        person_facts.value,
        person_facts.source_table,
        person_facts.event_row_id,
        person_facts.source_id
    from person_facts
    inner join {{ ref('int_account_members') }} as members
        on person_facts.person_key = members.person_key

    union all

    select
        reactivations.subject_key,
        {{ signal_no('reactivation') }} as signal_no,
        reactivations.reactivated_on as signal_date,
        cast(reactivations.reactivated_on as timestamp) as occurred_at,
        cast(null as decimal(18, 4)) as value,
        'reactivations' as source_table,
        cast(null as bigint) as event_row_id,
        cast(reactivations.reactivated_on as string) as source_id
    from {{ ref('int_reactivations') }} as reactivations
    cross join settings
    where
        reactivations.reactivated_on <= settings.as_of_date
        and coalesce(reactivations.voided_on > settings.as_of_date, true)

),

explaining_facts as (

    select
        metrics.subject_key,
        metrics.metric_no,
        facts.signal_date,
        facts.occurred_at,
        facts.value,
        facts.source_table,
        facts.event_row_id,
        facts.source_id
    from subject_facts as facts
    inner join {{ ref('int_explained_metrics') }} as metrics
        on
            facts.subject_key = metrics.subject_key
            and facts.signal_no = metrics.signal_no
    where
        coalesce(facts.signal_date > metrics.counts_after, true)
        and (metrics.measure <> 'latest' or facts.value is not null)

)

select * from explaining_facts
