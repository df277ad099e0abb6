-- Reading the inputs from the signals before `any` and `reactivation` are made from them once left
-- the KPIs of stages without input.
with

signals as (

    select 'signal:' || signal as input
    from {{ ref('int_signals') }}
    group by signal

)

select signals.input
from signals
left join {{ ref('int_kpi_inputs') }} as inputs on signals.input = inputs.input
where inputs.input is null
