-- Customers, second accounts included. All names, addresses and numbers are invented.
with

first_visits as (

    select person, min_by(channel_no, start_second) as channel_no
    from sessions
    group by person

),

account_rows as (

    select customer_text(person) as customer_id, *, 0 as later_days
    from people
    where is_customer
    union all
    select duplicate_text(person) as customer_id, *, 10 as later_days
    from people
    where merge_day is not null
    union all
    select duplicate_text(person) || 'b' as customer_id, *, 11 as later_days
    from people
    where merge_day is not null and person % 180 = 7

),

named_rows as (

    select
        account_rows.*,
        ['Anna', 'Ben', 'Chiara', 'David', 'Emma', 'Farid', 'Giulia', 'Hugo', 'Ines', 'Jan',
            'Kate', 'Luca', 'Marta', 'Noah', 'Olga', 'Paul'][
            1 + draw(account_rows.person_key, 240, 16)
        ] as first_name,
        ['Albers', 'Bianchi', 'Clark', 'Dubois', 'Evans', 'Fischer', 'Garcia', 'Hansen',
            'Ivanova', 'Jones', 'Keller', 'Lopez', 'Martin', 'Novak', 'Olsen', 'Petit'][
            1 + draw(account_rows.person_key, 241, 16)
        ] as last_name,
        countries.country,
        countries.city,
        coalesce(channels.source, 'direct') as acquisition_channel
    from account_rows
    inner join countries on countries.country_no = account_rows.country_no
    left join first_visits on first_visits.person = account_rows.person
    left join channels on channels.channel_no = first_visits.channel_no

)

select
    customer_id,
    moment((register_day + later_days) * 86400 + 28200) as created_at,
    moment(
        least(
            (register_day + later_days + draw(person_key, 242, 90)) * 86400 + 43200,
            getvariable('days') * 86400 - 1
        )
    ) as updated_at,
    lower(first_name || '.' || last_name) || cast(person as varchar) || '@mail.example' as email,
    if(
        draw(person_key, 243, 100) < 60,
        '+00 555 ' || cast(100000 + draw(person_key, 244, 899999) as varchar),
        null
    ) as phone,
    first_name,
    last_name,
    if(
        draw(person_key, 245, 100) < 55,
        cast('1955-01-01' as date) + cast(draw(person_key, 246, 18000) as integer),
        null
    ) as birth_date,
    country,
    city,
    if(account_no is null, null, 'acme-' || cast(1000 + account_no as varchar)) as account_id,
    acquisition_channel,
    has_consent as marketing_consent,
    '{"roast":"' || ['light', 'medium', 'dark'][1 + draw(person_key, 247, 3)] || '"}'
        as attributes,
    draw(person_key, 248, 1000) < 4 as is_deleted
from named_rows
order by customer_id
