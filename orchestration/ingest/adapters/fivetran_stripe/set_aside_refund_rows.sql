select
    record,
    'refund that did not succeed' as reason
from refund_rows
where status is distinct from 'succeeded'
