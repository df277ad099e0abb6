-- What others of its subject speak against an occasion: the play still rests, or there was enough
-- marketing in the week. Whether one is suppressed depends on those before it, so these are walked
-- one after the other; every arm alike, so that the arms stay comparable. `contacts` are those not
-- suppressed on which the rest of the walk may depend.

with recursive

walked_occasions as (

    select
        subject_key,
        place,
        play_no,
        triggered_on,
        cast(null as string) as suppressed_by,
        {{ first_contact('play_no', 'due_from', 'is_marketing') }} as contacts
    from {{ ref('int_play_queues') }}
    where place = 1

    union all

    select
        judged_occasions.subject_key,
        judged_occasions.place,
        judged_occasions.play_no,
        judged_occasions.triggered_on,
        judged_occasions.suppressed_by,
        case
            when judged_occasions.suppressed_by is not null then judged_occasions.contacts
            else {{ later_contacts(
                'judged_occasions.contacts',
                add_days('judged_occasions.due_from', '-judged_occasions.reach_days'),
                first_contact(
                    'judged_occasions.play_no',
                    'judged_occasions.due_from',
                    'judged_occasions.is_marketing',
                ),
            ) }}
        end as contacts
    from (
        select
            occasions.*,
            walked_occasions.contacts,
            case
                when
                    {{ contacts_since(
                        'walked_occasions.contacts',
                        add_days('occasions.due_from', '-occasions.cool_down_days'),
                        'contact.play_no = occasions.play_no',
                    ) }} > 0
                    then 'cool_down'
                when
                    occasions.is_marketing
                    and {{ contacts_since(
                        'walked_occasions.contacts',
                        add_days('occasions.due_from', '-6'),
                        'contact.is_marketing',
                    ) }} >= {{ var('contact_cap') }}
                    then 'cap'
            end as suppressed_by
        from walked_occasions
        inner join {{ ref('int_play_queues') }} as occasions
            on
                walked_occasions.subject_key = occasions.subject_key
                and walked_occasions.place + 1 = occasions.place
    ) as judged_occasions

),

play_suppressions as (

    select
        plays.play,
        walked_occasions.subject_key,
        walked_occasions.triggered_on,
        walked_occasions.suppressed_by
    from walked_occasions
    inner join {{ ref('int_plays') }} as plays on walked_occasions.play_no = plays.play_no
    where walked_occasions.suppressed_by is not null

)

select * from play_suppressions
