-- A cohort is of somebody; at offset 0 everybody is there; later nobody is there who was not in
-- it; and the cohorts of a period are the new, and the active, persons of activity_lifecycle.
select
    matrix.period_grain,
    matrix.activity,
    matrix.cohort_kind,
    matrix.cohort_start,
    matrix.period_offset
from {{ ref('retention_matrix') }} as matrix
left join {{ ref('activity_lifecycle') }} as lifecycle
    on
        matrix.period_grain = lifecycle.period_grain
        and matrix.activity = lifecycle.activity
        and matrix.cohort_start = lifecycle.period_start
where
    matrix.cohort_persons = 0
    or matrix.persons > matrix.cohort_persons
    or (matrix.period_offset = 0 and matrix.persons <> matrix.cohort_persons)
    or matrix.cohort_persons is distinct from case matrix.cohort_kind
        when 'first_activity' then lifecycle.new_persons
        else lifecycle.new_persons + lifecycle."returning" + lifecycle.resurrecting
    end
