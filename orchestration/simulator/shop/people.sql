-- One row per person of the batch: who they are and the days on which their latent stage changes.
-- A day is counted from the start date; null means: not within the simulated time.
create table people as
with

numbered_people as (

    select person, true as is_customer
    from range(getvariable('first_customer'), getvariable('last_customer') + 1) as listed (person)
    union all
    select person, false as is_customer
    from range(getvariable('first_visitor'), getvariable('last_visitor') + 1) as listed (person)

),

keyed_people as (

    select
        person,
        is_customer,
        mix(person, 1) as person_key,
        cast(getvariable('days') as bigint) as days
    from numbered_people

),

typed_people as (

    select
        *,
        draw(person_key, 2, 1000) as type_draw,
        draw(person_key, 3, 1000) as country_draw,
        share(person_key, 4) as aware_share,
        share(person_key, 5) as explore_share,
        arrival_channel(draw(person_key, 21, 1000)) as arrival_channel_no,
        case
            when not is_customer then case when type_draw < 70 then 'guest' else 'visitor' end
            when type_draw < 65 then 'looker'
            -- Pays for a plan and never orders anything.
            when type_draw < 130 then 'member'
            when type_draw < 340 then 'one_off'
            when type_draw < 600 then 'casual'
            when type_draw < 880 then 'regular'
            else 'fan'
        end as buyer_type
    from keyed_people

),

met_people as (

    select
        *,
        case
            when country_draw < 300 then 0
            when country_draw < 430 then 1
            when country_draw < 560 then 2
            when country_draw < 620 then 3
            when country_draw < 790 then 4
            else 5
        end as country_no,
        -- More people are met early, so that most have a history worth looking at.
        whole(days * 0.98 * aware_share * (0.55 + 0.45 * aware_share)) as aware_day,
        whole(50 * explore_share * explore_share) as explore_days,
        case buyer_type
            when 'casual' then 64 * (0.6 + 0.8 * share(person_key, 6))
            when 'regular' then 23 * (0.6 + 0.8 * share(person_key, 6))
            when 'fan' then 9 * (0.6 + 0.8 * share(person_key, 6))
            else 1000.0
        end as pace_days,
        case buyer_type
            when 'casual' then 60 + 400 * share(person_key, 7)
            when 'regular' then 120 + 750 * share(person_key, 7)
            when 'fan' then 240 + 900 * share(person_key, 7)
            when 'member' then 60 + 900 * share(person_key, 7)
            else 1
        end as usual_run_days,
        -- Who came through a social network stays shorter, who was sent by a friend longer.
        case
            when not getvariable('has_channels') then 1.0
            when arrival_channel_no in (3, 4) then 0.35
            when arrival_channel_no = 9 then 1.6
            else 1.0
        end as staying_power
    from typed_people

),

first_runs as (

    select
        *,
        case
            when buyer_type in ('looker', 'visitor') then null
            when aware_day + explore_days < days then aware_day + explore_days
        end as buy_day,
        case
            when buyer_type in ('looker', 'visitor') then aware_day + 20 + explore_days
            else aware_day + explore_days + greatest(1, whole(usual_run_days * staying_power))
        end as drift_end_1
    from met_people

),

-- drift_end_n is the true end of a run, even beyond the simulated time; it is cut off last.
second_runs as (

    select
        *,
        drift_end_1 + 25 + draw(person_key, 8, 45) as gone_end_1,
        case
            when buy_day is null or not is_customer then null
            when draw(person_key, 9, 1000) < if(buyer_type = 'one_off', 120, 380)
                then drift_end_1 + 70 + 30 + draw(person_key, 10, 180)
        end as back_end
    from first_runs

),

third_runs as (

    select
        *,
        back_end + 60 + draw(person_key, 11, 300) as drift_end_2,
        back_end + 60 + draw(person_key, 11, 300) + 25 + draw(person_key, 12, 45) as gone_end_2,
        case
            when buyer_type in ('regular', 'fan')
                then buy_day + whole(4 * pace_days) + 14
        end as loyal_end,
        draw(person_key, 13, 1000) as advocate_draw
    from second_runs

),

advocates as (

    select
        *,
        case
            when
                advocate_draw < case buyer_type
                    when 'fan' then 450 when 'regular' then 200 when 'casual' then 60 else 0
                end
                then coalesce(loyal_end, buy_day) + 15 + draw(person_key, 14, 90)
        end as advocate_end
    from third_runs

)

select
    person,
    person_key,
    is_customer,
    buyer_type,
    cast(country_no as tinyint) as country_no,
    cast(case country_no when 5 then 1 when 4 then 2 else 0 end as tinyint) as currency_no,
    pace_days,
    cast(arrival_channel_no as tinyint) as arrival_channel_no,
    cast(if(getvariable('has_affinity'), draw(person_key, 22, 6), null) as tinyint) as taste_no,
    aware_day,
    case
        when is_customer
            then least(
                days - 1,
                case
                    when buy_day is null then aware_day + draw(person_key, 15, 25)
                    when draw(person_key, 16, 100) < 50 then buy_day
                    else aware_day + draw(person_key, 15, explore_days + 1)
                end
            )
    end as register_day,
    buy_day,
    if(loyal_end < least(drift_end_1, days), loyal_end, null) as loyal_day,
    if(advocate_end < least(drift_end_1, days), advocate_end, null) as advocate_day,
    if(drift_end_1 < days, drift_end_1, null) as drift_day_1,
    if(gone_end_1 < days, gone_end_1, null) as gone_day_1,
    if(back_end < days, back_end, null) as back_day,
    if(back_end < days and drift_end_2 < days, drift_end_2, null) as drift_day_2,
    if(back_end < days and gone_end_2 < days, gone_end_2, null) as gone_day_2,
    -- Most people use one or two devices; some borrow the first device of the person before them.
    case
        when draw(person_key, 17, 100) < 45 then 1 when draw(person_key, 17, 100) < 87 then 2
        else 3
    end as device_count,
    is_customer and person > getvariable('first_customer') and draw(person_key, 18, 100) < 9
        as shares_device,
    is_customer and draw(person_key, 19, 100) < 62 as has_consent,
    -- Two of every forty customers work for the same company, and a few companies are larger.
    case
        when is_customer and person % 40 in (3, 4) then person // 40 * 2
        when is_customer and person % 120 in (63, 64, 65) then person // 120 * 2 + 1
    end as account_no,
    -- Some customers open a second account by mistake; support merges the two later.
    case
        when
            is_customer and person % 60 = 7
            and aware_day + explore_days + 40 + draw(person_key, 20, 200) < days
            then aware_day + explore_days + 40 + draw(person_key, 20, 200)
    end as merge_day
from advocates
order by person;
