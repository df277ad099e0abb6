{# A merge dated after identity_as_of is not known yet, so it takes no earlier one's place. #}
{% set is_known = (
    'cast(' ~ local_date('merged_at') ~ ' <= (select identity_as_of from '
    ~ ref('int_settings') ~ ') as integer)'
) %}

{{ filtered_rows(
    table='customer_merges',
    key=['from_customer_id'],
    conflict='superseded',
    ranked_by=[(is_known, 'desc'), ('merged_at', 'desc')],
    dated_by='merged_at',
    reasons=[(
        'no_identity',
        known_id('from_customer_id') ~ ' is null or ' ~ known_id('into_customer_id') ~ ' is null',
    )],
) }}
