-- The numbered columns of the CSV (`actionDetails_0_type`, `actionDetails_0_itemDetails_0_itemSKU`)
-- as the list of actions that the JSON has.

with

other_cells as (

    select
        record,
        unnest(map_entries(cast(as_json(other_columns) as map(varchar, varchar)))) as cell
    from visits

),

named_cells as (

    select
        record,
        regexp_extract(
            cell.key, '^actionDetails_([0-9]+)_(itemDetails_([0-9]+)_)?(.+)$',
            ['place', 'of_item', 'item', 'field']
        ) as told,
        cell.value as content
    from other_cells
    where starts_with(cell.key, 'actionDetails_')

),

cells as (

    select
        record,
        content,
        try_cast(struct_extract(told, 'place') as integer) as place,
        try_cast(struct_extract(told, 'item') as integer) as item,
        struct_extract(told, 'field') as field
    from named_cells

),

items as (

    select
        record,
        place,
        item,
        json_group_object(field, content) as fields
    from cells
    where place is not null and item is not null
    group by record, place, item

),

item_lists as (

    select
        record,
        place,
        list(fields order by item) as items
    from items
    group by record, place

),

actions_alone as (

    select
        record,
        place,
        json_group_object(field, content) as fields
    from cells
    where place is not null and item is null
    group by record, place

)

select
    actions_alone.record,
    to_json(list(
        json_merge_patch(actions_alone.fields, json_object('itemDetails', item_lists.items))
        order by actions_alone.place
    )) as action_details
from actions_alone
left join item_lists
    on actions_alone.record = item_lists.record and actions_alone.place = item_lists.place
group by actions_alone.record
