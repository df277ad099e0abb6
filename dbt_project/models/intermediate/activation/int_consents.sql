-- What was known of a person's consent from when to when: yes, no, or nothing. The latest statement
-- of the day counts; of several at one instant all have to say yes. An unsubscribe says no. Before
-- the first statement there is no row, and none is made up.

with

statements as (

    select
        persons.person_key,
        consents.stated_at,
        {{ local_date('consents.stated_at') }} as stated_on,
        consents.marketing_consent
    from {{ ref('stg_customer_consents') }} as consents
    left join {{ ref('int_customer_merges') }} as customer_merges
        on consents.customer_id = customer_merges.customer_id
    inner join {{ ref('int_persons') }} as persons
        on coalesce(customer_merges.final_customer_id, consents.customer_id) = persons.customer_id
    where consents.stated_at is not null

    union all

    select
        person_key,
        occurred_at as stated_at,
        signal_date as stated_on,
        false as marketing_consent
    from {{ ref('int_person_signals_by_name') }}
    where signal = 'email_unsubscribed'

),

instants as (

    select
        person_key,
        stated_on,
        stated_at,
        case
            when bool_and(coalesce(marketing_consent, false)) then true
            when bool_or(not marketing_consent) then false
        end as has_consent,
        row_number() over (
            partition by person_key, stated_on order by stated_at desc
        ) as place
    from statements
    group by
        person_key,
        stated_on,
        stated_at

),

consents as (

    select
        person_key,
        stated_on as valid_from,
        coalesce(
            lead(stated_on) over (partition by person_key order by stated_on), {{ open_end() }}
        ) as valid_to,
        has_consent
    from instants
    where place = 1

)

select * from consents
