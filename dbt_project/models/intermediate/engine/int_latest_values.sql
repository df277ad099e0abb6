-- The facts that a condition on the latest value of a signal may have to look at, in their order.

with

latest_signals as (

    select signal
    from {{ ref('int_conditions') }}
    where measure = 'latest'
    group by signal

),

person_values as (

    select
        dated_signals.person_key as subject_key,
        dated_signals.signal,
        dated_signals.signal_date,
        dated_signals.voided_on,
        dated_signals.value,
        dated_signals.occurred_at,
        dated_signals.source_table,
        dated_signals.source_id
    from {{ ref('int_dated_signals') }} as dated_signals
    inner join latest_signals on dated_signals.signal = latest_signals.signal
    where
        dated_signals.value is not null
        and (
            dated_signals.voided_on is null
            or dated_signals.voided_on > dated_signals.signal_date
        )

),

subject_values as (

    select * from person_values

    union all

    select
        members.account_key as subject_key,
        person_values.signal,
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
        signal,
        signal_date,
        voided_on,
        value,
        row_number() over (
            partition by subject_key, signal
            order by occurred_at, source_table, source_id
        ) as place
    from subject_values

)

select * from latest_values
