-- A small number for each signal: the engine groups and sorts tens of millions of rows by it, and a
-- number costs a third of a name there.

with

built_in_signals as (

    select built_in_names.signal
    from (
        values
        ('any'),
        ('delivery'),
        ('lead'),
        ('open_order'),
        ('order'),
        ('reactivation'),
        ('refund'),
        ('revenue'),
        ('visit')
    ) as built_in_names (signal)

),

known_signals as (

    select signal from built_in_signals

    union

    select signal from {{ ref('event_signals') }}

    union

    select signal from {{ ref('rule_conditions') }}

),

signal_names as (

    select
        cast(row_number() over (order by signal) as smallint) as signal_no,
        signal
    from known_signals

)

select * from signal_names
