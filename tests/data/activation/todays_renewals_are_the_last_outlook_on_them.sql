-- Law: what was known of renewals day by day ends with what is known today.

{{ config(meta={'dagster': {'ref': {'name': 'int_renewal_outlooks'}}}) }}

with

last_outlooks as (

    select
        outlooks.subject_key,
        outlooks.renews_on
    from {{ ref('int_renewal_outlooks') }} as outlooks
    cross join {{ ref('int_settings') }} as settings
    where
        outlooks.known_from <= settings.as_of_date
        and outlooks.known_to > settings.as_of_date
        and outlooks.renews_on is not null

)

select
    coalesce(last_outlooks.subject_key, renewals.subject_key) as subject_key,
    last_outlooks.renews_on,
    renewals.renews_on as renews_on_today
from last_outlooks
full join {{ ref('int_renewals') }} as renewals
    on last_outlooks.subject_key = renewals.subject_key
where last_outlooks.renews_on is distinct from renewals.renews_on
