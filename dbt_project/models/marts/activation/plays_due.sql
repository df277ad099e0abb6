-- Whom to write to today, and why. Over 120 lines, since customers who may not be written to have
-- to be found in several tables.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

asked_to_be_erased as (

    select coalesce(customer_merges.final_customer_id, requests.customer_id) as customer_id
    from {{ ref('stg_erasure_requests') }} as requests
    left join {{ ref('int_customer_merges') }} as customer_merges
        on requests.customer_id = customer_merges.customer_id
    group by coalesce(customer_merges.final_customer_id, requests.customer_id)

),

contacts as (

    select
        persons.person_key,
        persons.person_id,
        consents.has_consent,
        consents.valid_from as consent_on
    from {{ ref('int_persons') }} as persons
    cross join settings
    left join asked_to_be_erased on persons.customer_id = asked_to_be_erased.customer_id
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id
    left join {{ ref('int_consents') }} as consents
        on
            persons.person_key = consents.person_key
            and settings.as_of_date >= consents.valid_from
            and settings.as_of_date < consents.valid_to
    where
        persons.customer_id is not null
        and asked_to_be_erased.customer_id is null
        and not coalesce(customers.is_deleted, false)

),

last_visits as (

    select
        person_key,
        max(occurred_at) as visited_at
    from {{ ref('int_session_starts') }}
    group by person_key

),

-- Of an account the member with the latest visit, of several the one with the lower id.
account_contacts as (

    select
        members.account_key as subject_key,
        max_by(
            members.person_key, (last_visits.visited_at, -members.person_key)
        ) as person_key
    from {{ ref('int_account_members') }} as members
    inner join last_visits on members.person_key = last_visits.person_key
    inner join contacts on members.person_key = contacts.person_key
    group by members.account_key

),

open_entries as (

    select
        entries.*,
        plays.trigger_words,
        plays.trigger_words_it,
        plays.channel,
        contacts.person_key as contact_key,
        contacts.person_id as contact_subject_id,
        contacts.has_consent,
        contacts.consent_on,
        {{ is_permitted('plays', 'contacts.has_consent') }} as is_permitted
    from {{ ref('int_play_entries') }} as entries
    cross join settings
    inner join {{ ref('int_plays') }} as plays on entries.play = plays.play
    left join account_contacts on entries.subject_key = account_contacts.subject_key
    inner join contacts
        on
            case
                when entries.is_account then account_contacts.person_key
                else entries.subject_key
            end = contacts.person_key
    where
        entries.suppressed_by is null
        and entries.goal_on is null
        and entries.due_until > settings.as_of_date
        and entries.state_until > settings.as_of_date

),

ranked_entries as (

    select
        *,
        row_number() over (
            partition by subject_key
            order by priority, due_from, play, triggered_on
        ) as rank_for_subject
    from open_entries
    where is_permitted

),

expected_values as (

    select
        play,
        case
            when count(*) >= 30 and count(*) = count(goal_value)
                then {{ prorated(
                    'cast(sum(goal_value) as decimal(18, 4))',
                    'cast(1 as decimal(18, 4))',
                    'cast(count(*) as decimal(18, 4))'
                ) }}
        end as expected_value
    from {{ ref('int_counted_entries') }}
    where arm = 'treat'
    group by play

),

plays_due as (

    select
        entries.play,
        entries.subject_id,
        entries.contact_subject_id,
        entries.triggered_on,
        entries.triggered_on as since,
        entries.due_from,
        entries.due_until,
        entries.arm,
        entries.channel,
        entries.priority,
        entries.rank_for_subject,
        entries.trigger_words || cast(entries.triggered_on as string) || '.' || case
            when entries.has_consent
                then ' Consented, as stated on ' || cast(entries.consent_on as string) || '.'
            when not entries.has_consent
                then
                    ' Does not consent to marketing, as stated on '
                    || cast(entries.consent_on as string) || '.'
            else ' Consent is not known.'
        end as why,
        entries.trigger_words_it || cast(entries.triggered_on as string) || '.' || case
            when entries.has_consent
                then
                    ' Consenso dato, come dichiarato il '
                    || cast(entries.consent_on as string) || '.'
            when not entries.has_consent
                then
                    ' Nessun consenso al marketing, come dichiarato il '
                    || cast(entries.consent_on as string) || '.'
            else ' Consenso non noto.'
        end as why_it,
        expected_values.expected_value,
        products.product_id as recommended_product
    from ranked_entries as entries
    left join expected_values on entries.play = expected_values.play
    left join {{ ref('next_best_product') }} as products
        on
            entries.contact_subject_id = products.subject_id
            and products.rank = 1
    where
        entries.arm is null
        or entries.arm = 'treat'

)

select * from plays_due
