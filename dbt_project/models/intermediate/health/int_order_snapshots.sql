-- What was known of customers' orders at the month ends that lie long enough ago to be judged, and
-- what is known of them today. Every stretch of standing orders is written once for each of these
-- days in it.

with

settings as (

    select
        settings.as_of_date,
        {{ period_start(add_days('settings.as_of_date', '1 - windows.lapse_truth_days'), 'month') }}
            as last_month
    from {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows

),

epochs as (

    select
        epochs.subject_key as person_key,
        epochs.epoch_from,
        epochs.epoch_to,
        epochs.first_order_on,
        epochs.last_order_on,
        epochs.order_days - 1 as gaps,
        coalesce(cast(epochs.log_gaps as double), 0) as log_gaps,
        coalesce(cast(epochs.log_gap_squares as double), 0) as log_gap_squares,
        settings.as_of_date,
        {{ period_start('epochs.epoch_from', 'month') }} as before_first,
        {{ period_start('least(epochs.epoch_to, settings.last_month)', 'month') }} as last_month
    from {{ ref('int_order_epochs') }} as epochs
    cross join settings
    inner join {{ ref('int_persons') }} as persons on epochs.subject_key = persons.person_key
    where
        persons.guest_order_id is null
        and epochs.last_order_on is not null

),

numbered_months as (

    select
        *,
        {{ repeat_row('greatest(' ~ months_between('before_first', 'last_month') ~ ', 0)') }} + 1
            as month_no
    from epochs

),

order_snapshots as (

    select
        person_key,
        {{ add_days(add_months('before_first', 'month_no'), -1) }} as known_on,
        first_order_on,
        last_order_on,
        gaps,
        log_gaps,
        log_gap_squares
    from numbered_months

    union all

    select
        person_key,
        as_of_date as known_on,
        first_order_on,
        last_order_on,
        gaps,
        log_gaps,
        log_gap_squares
    from epochs
    where
        epoch_from <= as_of_date
        and coalesce(epoch_to, {{ open_end() }}) > as_of_date

)

select * from order_snapshots
