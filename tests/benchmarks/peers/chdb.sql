-- question: rfm
create or replace table answer engine = Memory as
with
    (select as_of_date from file('FOLDER/settings.parquet')) as as_of,
    days as (
        select
            person_key,
            order_date,
            sum(net_value) as net_value
        from file('FOLDER/orders.parquet')
        group by person_key, order_date
    ),
    starts as (
        select person_key, min(order_date) as first_on from days group by person_key
    ),
    splits as (
        select purpose, as_of - held_out as split_on
        from values('purpose String, held_out Int64', ('all', 0), ('holdout_90', 90), ('holdout_365', 365))
        where (select min(order_date) from days) <= as_of - 2 * held_out
    ),
    totals as (
        select
            splits.purpose as purpose,
            days.person_key as person_key,
            any(starts.first_on) as first_on,
            any(splits.split_on) as split_on,
            maxIf(days.order_date, days.order_date <= splits.split_on) as last_on,
            countIf(days.order_date <= splits.split_on and days.order_date > starts.first_on)
                as frequency,
            countIf(days.order_date > splits.split_on) as later_order_days,
            sum(
                if(
                    days.order_date <= splits.split_on and days.order_date > starts.first_on,
                    days.net_value,
                    0
                )
            ) as repeat_value
        from days
        inner join starts on days.person_key = starts.person_key
        cross join splits
        where starts.first_on <= splits.split_on
        group by purpose, person_key
    )
select
    purpose,
    person_key,
    toInt64(frequency) as frequency,
    dateDiff('day', first_on, last_on) as recency_days,
    dateDiff('day', first_on, split_on) as age_days,
    toInt64(sign(repeat_value) * intDiv(2 * abs(repeat_value) + greatest(frequency, 1), 2 * greatest(frequency, 1)))
        as monetary_value,
    toInt64(later_order_days) as later_order_days
from totals;

-- question: cohorts
create or replace table answer engine = Memory as
with
    (select as_of_date from file('FOLDER/settings.parquet')) as as_of,
    days as (
        select
            person_key,
            order_date = first_order_on as is_first,
            toYear(first_order_on) * 12 + toMonth(first_order_on) - 1 as cohort,
            toYear(order_date) * 12 + toMonth(order_date) - 1 as month,
            orders,
            value
        from file('FOLDER/order_days.parquet')
    ),
    months as (
        select cohort, month, person_key, sum(orders) as orders, sum(value) as value
        from days
        group by cohort, month, person_key
    ),
    cells as (
        select
            cohort,
            month,
            count() as active,
            sum(orders) as orders,
            sum(value) as revenue
        from months
        group by cohort, month
    ),
    cohorts as (
        select
            cohort,
            countIf(is_first) as customers,
            arrayJoin(range(toUInt32(cohort), toUInt32(toYear(as_of) * 12 + toMonth(as_of)))) as month
        from days
        group by cohort
    )
select
    toInt64(cohorts.cohort) as cohort,
    toInt64(cohorts.month) as month,
    toInt64(cohorts.customers) as customers,
    toInt64(cells.active) as active,
    toInt64(cells.orders) as orders,
    toInt64(cells.revenue) as revenue
from cohorts
left join cells on cohorts.cohort = cells.cohort and cohorts.month = cells.month;

-- question: activity
create table person_days engine = Memory as
select distinct 'any' as activity, person_key, toDate32(signal_date) as day
from file('FOLDER/facts.parquet')
union all
select distinct 'visit' as activity, person_key, toDate32(event_date) as day
from file('FOLDER/visits.parquet')
union all
select distinct 'order' as activity, person_key, toDate32(order_date) as day
from file('FOLDER/order_days.parquet');

create or replace table answer engine = Memory as
with
    grains as (
        select distinct
            tupleElement(grain, 1) as period_grain,
            tupleElement(grain, 2) as period_start,
            activity,
            person_key
        from (
            select
                activity,
                person_key,
                arrayJoin([
                    ('day', day),
                    ('week', toDate32(toMonday(day))),
                    ('week_sunday', toDate32(toStartOfWeek(day, 0))),
                    ('month', toDate32(toStartOfMonth(day))),
                    ('quarter', toDate32(toStartOfQuarter(day))),
                    ('year', toDate32(toStartOfYear(day)))
                ]) as grain
            from person_days
        )
    ),
    calendar as (
        select period_grain, toDate32(period_start) as period_start, period_number
        from file('FOLDER/calendar.parquet')
    ),
    steps as (
        select
            grains.period_grain as period_grain,
            grains.activity as activity,
            calendar.period_number as number,
            toInt64(number) - lagInFrame(toInt64(number), 1, -1000000) over active_periods as since,
            leadInFrame(toInt64(number), 1, 1000000) over active_periods - toInt64(number) as until
        from grains
        inner join calendar
            on grains.period_grain = calendar.period_grain
            and grains.period_start = calendar.period_start
        window active_periods as (
            partition by grains.period_grain, grains.activity, grains.person_key
            order by calendar.period_number
            rows between unbounded preceding and unbounded following
        )
    ),
    counted as (
        select
            period_grain,
            activity,
            number,
            countIf(since > 500000) as new_persons,
            countIf(since = 1) as returning,
            countIf(since > 1 and since < 500000) as resurrecting,
            0 as dormant
        from steps
        group by period_grain, activity, number
        union all
        select period_grain, activity, number + 1, 0, 0, 0, count()
        from steps
        where until > 1
        group by period_grain, activity, number
    ),
    totals as (
        select
            period_grain,
            activity,
            number,
            sum(new_persons) as new_persons,
            sum(returning) as returning,
            sum(resurrecting) as resurrecting,
            sum(dormant) as dormant
        from counted
        group by period_grain, activity, number
    ),
    cells as (
        select period_grain, period_start, period_number, activity
        from calendar
        cross join values('activity String', ('any'), ('visit'), ('order')) as activities
    )
select
    cells.period_grain as period_grain,
    cells.period_start as period_start,
    cells.activity as activity,
    toInt64(totals.new_persons) as new_persons,
    toInt64(totals.returning) as returning,
    toInt64(totals.resurrecting) as resurrecting,
    toInt64(totals.dormant) as dormant
from cells
left join totals
    on cells.period_grain = totals.period_grain
    and cells.activity = totals.activity
    and cells.period_number = totals.number;
