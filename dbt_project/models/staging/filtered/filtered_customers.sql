-- Of the states of a customer the latest stands; a tie goes to the highest content hash.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.customer_id,
        case
            when raw_rows.created_at > raw_rows.loaded_at + interval 24 hours then 'future'
            when {{ known_id('raw_rows.customer_id') }} is null then 'no_identity'
        end as reason
    from ({{ raw_rows('customers') }}) as raw_rows

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.customer_id,
        row_number() over (
            partition by raw_rows.customer_id
            order by
                raw_rows.updated_at desc nulls last,
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('customers') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.customer_id']) }} in (
            {{ repeated_keys('customers', ['customer_id']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        customer_id,
        'superseded' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
