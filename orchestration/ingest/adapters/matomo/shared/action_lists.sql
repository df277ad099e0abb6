-- The numbered columns of the CSV (`actionDetails_0_type`, `actionDetails_0_itemDetails_0_itemSKU`)
-- as the list of actions that the JSON has.

with

cells as (

    select
        record,
        regexp_extract(
            cell.key, '^actionDetails_([0-9]+)_(itemDetails_([0-9]+)_)?(.+)$',
            ['place', 'of_item', 'item', 'field']
        ) as named,
        cell.value as content
    from (
        select
            record,
            unnest(map_entries(cast(as_json(other_columns) as map(varchar, varchar)))) as cell
        from visits
    ) as columns
    where cell.key like 'actionDetails!_%' escape '!'

),

items as (

    select
        record,
        named.place as place,
        cast(named.item as integer) as item,
        json_group_object(named.field, content) as item_object
    from cells
    where named.item <> ''
    group by record, named.place, named.item

),

item_lists as (

    select
        record,
        place,
        list(item_object order by item) as item_objects
    from items
    group by record, place

),

action_fields as (

    select
        record,
        named.place as place,
        json_group_object(named.field, content) as fields
    from cells
    where named.item = '' and named.field <> ''
    group by record, named.place

)

select
    action_fields.record,
    to_json(list(
        json_merge_patch(
            action_fields.fields, json_object('itemDetails', item_lists.item_objects)
        )
        order by cast(action_fields.place as integer)
    )) as action_details
from action_fields
left join item_lists
    on action_fields.record = item_lists.record and action_fields.place = item_lists.place
group by action_fields.record
