-- Reading the inputs from the signals before `any` and `reactivation` are made from them once left
-- the KPIs of stages without input.
with

signal_numbers as (

    select signal_no
    from {{ ref('int_subject_signals') }}
    group by signal_no

),

signals as (

    select 'signal:' || names.signal as input
    from signal_numbers
    inner join {{ ref('int_signal_names') }} as names
        on signal_numbers.signal_no = names.signal_no

)

select signals.input
from signals
left join {{ ref('int_kpi_inputs') }} as inputs on signals.input = inputs.input
where inputs.input is null
