-- By customer and kind: as many orders, deliveries, refunds, visits and changes of stage as the
-- other marts have of the customer.

{{ config(meta={'dagster': {'ref': {'name': 'customer_timeline'}}}) }}

with

facts as (

    select
        subject_id,
        'order' as kind
    from {{ ref('orders') }}

    union all

    select
        subject_id,
        'delivery' as kind
    from {{ ref('orders') }}
    where delivered_on is not null

    union all

    select
        persons.person_id as subject_id,
        'refund' as kind
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_persons') }} as persons on refunds.person_key = persons.person_key

    union all

    select
        subject_id,
        'visit' as kind
    from {{ ref('sessions') }}

    union all

    select
        transitions.subject_id,
        'stage' as kind
    from {{ ref('stage_transitions') }} as transitions
    inner join {{ ref('frameworks') }} as frameworks
        on transitions.framework = frameworks.framework
    where
        frameworks.is_default
        and transitions.movement <> 'health_only'

),

fact_counts as (

    select
        facts.subject_id,
        facts.kind,
        count(*) as facts
    from facts
    inner join {{ ref('customers') }} as customers on facts.subject_id = customers.subject_id
    group by
        facts.subject_id,
        facts.kind

),

told_counts as (

    select
        subject_id,
        kind,
        count(*) as told
    from {{ ref('customer_timeline') }}
    where kind in ('order', 'delivery', 'refund', 'visit', 'stage')
    group by
        subject_id,
        kind

)

select
    coalesce(fact_counts.subject_id, told_counts.subject_id) as subject_id,
    coalesce(fact_counts.kind, told_counts.kind) as kind,
    fact_counts.facts,
    told_counts.told
from fact_counts
full join told_counts
    on
        fact_counts.subject_id = told_counts.subject_id
        and fact_counts.kind = told_counts.kind
where fact_counts.facts is distinct from told_counts.told
