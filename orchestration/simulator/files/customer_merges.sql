-- Second accounts and the account they were merged into; some merges are chains of two.
with

merged_people as (

    select *
    from people
    where merge_day is not null

)

select
    duplicate_text(person) as from_customer_id,
    customer_text(person) as into_customer_id,
    moment(merge_day * 86400 + 36000) as merged_at
from merged_people
union all
select
    duplicate_text(person) || 'b' as from_customer_id,
    duplicate_text(person) as into_customer_id,
    moment(merge_day * 86400 + 35000) as merged_at
from merged_people
where person % 180 = 7
order by from_customer_id
