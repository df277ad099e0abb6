-- The facts that a condition on the latest value of a signal may have to look at, in their order.

with

latest_signals as (

    select signal_no
    from {{ ref('int_conditions') }}
    where measure = 'latest'
    group by signal_no

),

-- Without a select of its own the engine reads every column of the events.
event_ids as (

    select
        raw_row_id,
        event_id
    from {{ ref('stg_events') }}

),

person_values as (

    select
        facts.person_key as subject_key,
        facts.signal_no,
        facts.signal_date,
        facts.voided_on,
        facts.value,
        facts.occurred_at,
        facts.source_table,
        coalesce(facts.source_id, event_ids.event_id) as source_id
    from {{ ref('int_person_signals') }} as facts
    inner join latest_signals on facts.signal_no = latest_signals.signal_no
    left join event_ids on facts.event_row_id = event_ids.raw_row_id
    where
        facts.value is not null
        and (
            facts.voided_on is null
            or facts.voided_on > facts.signal_date
        )

),

subject_values as (

    select * from person_values

    union all

    select
        members.account_key as subject_key,
        person_values.signal_no,
        person_values.signal_date,
        person_values.voided_on,
        person_values.value,
        person_values.occurred_at,
        person_values.source_table,
        person_values.source_id
    from person_values
    inner join {{ ref('int_account_members') }} as members
        on person_values.subject_key = members.person_key

),

latest_values as (

    select
        subject_key,
        signal_no,
        signal_date,
        voided_on,
        value,
        row_number() over (
            partition by subject_key, signal_no
            order by occurred_at, source_table, source_id
        ) as place
    from subject_values

)

select * from latest_values
