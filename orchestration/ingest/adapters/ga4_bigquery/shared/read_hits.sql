with

params as (

    select
        record,
        unnest(
            from_json(as_json(event_params), '[{"key": "VARCHAR", "value": "JSON"}]'),
            recursive := true
        )
    from hits

),

texts as (

    select
        record,
        key,
        coalesce(
            text_at(value, '$.string_value'),
            text_at(value, '$.int_value'),
            text_at(value, '$.float_value'),
            text_at(value, '$.double_value')
        ) as text
    from params
    qualify row_number() over (partition by record, key order by cast(value as varchar)) = 1

),

param_objects as (

    select
        record,
        map_from_entries(list(struct_pack(k := key, v := text) order by key)) as param
    from texts
    where text is not null
    group by record

),

read_hits as (

    select
        hits.*,
        param_objects.param,
        md5(concat(
            hits.stream_id, '|', hits.user_pseudo_id, '|', hits.event_timestamp, '|',
            hits.event_name, '|', hits.event_bundle_sequence_id, '|', hits.batch_page_id, '|',
            hits.batch_ordering_id, '|', hits.batch_event_index, '|',
            cast(to_json(param_objects.param) as varchar), '|', hits.items
        )) as event_id,
        coalesce(epoch_text(hits.event_timestamp, 1000000), hits.event_timestamp) as occurred_at,
        as_json(hits.items) as item_list,
        case
            when hits.event_name in ('purchase', 'refund')
                then nullif(
                    coalesce(
                        text_at(as_json(hits.ecommerce), '$.transaction_id'),
                        param_objects.param['transaction_id']
                    ),
                    '(not set)'
                )
        end as order_id
    from hits
    left join param_objects on hits.record = param_objects.record

)

select * from read_hits
where user_pseudo_id is not null or user_id is not null
