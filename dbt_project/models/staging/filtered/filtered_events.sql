-- Of events with one id the one received first stands; a tie goes to the lowest content hash, never
-- to the order of arrival.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.event_id,
        case
            when raw_rows.received_at > {{ known_at() }} then 'not_yet_known'
            when
                raw_rows.occurred_at
                > coalesce(raw_rows.received_at, raw_rows.loaded_at) + interval 24 hours
                then 'future'
            when raw_rows.anonymous_id is null and raw_rows.user_id is null then 'no_identity'
            {{ when_muted('other_behaviour_source', 'raw_rows.file_id', 'raw_rows.occurred_at') }}
        end as reason
    from {{ ref('filled_events') }} as raw_rows

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.event_id,
        row_number() over (
            partition by raw_rows.event_id
            order by
                raw_rows.received_at asc nulls last,
                raw_rows.row_hash asc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('events') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.event_id']) }} in (
            {{ repeated_keys('events', ['event_id']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        event_id,
        'id_conflict' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
