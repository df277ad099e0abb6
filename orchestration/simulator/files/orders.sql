-- The orders created in the seconds from_second .. until_second - 1.
select * exclude (created_second)
from order_rows
where
    created_second >= getvariable('from_second')
    and created_second < getvariable('until_second')
