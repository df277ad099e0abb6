with

-- A context stands in a column, or in a table of its own.
told_events as (

    select
        atomic_events.* replace (
            coalesce(atomic_events.action, cast(beside.action as varchar)) as action,
            coalesce(atomic_events.shopper, cast(beside.shopper as varchar)) as shopper,
            coalesce(atomic_events.cart, cast(beside.cart as varchar)) as cart,
            coalesce(atomic_events.product, cast(beside.product as varchar)) as product,
            coalesce(
                atomic_events.transaction, cast(beside.transaction as varchar)
            ) as transaction,
            coalesce(atomic_events.refund, cast(beside.refund as varchar)) as refund,
            coalesce(
                atomic_events.client_session, cast(beside.client_session as varchar)
            ) as client_session
        )
    from atomic_events
    left join event_contexts as beside
        on
            atomic_events.event_id = beside.root_id
            and try_cast(atomic_events.collector_tstamp as timestamp) = beside.collected_at

),

parsed_events as (

    select
        *,
        coalesce(json_extract(as_json(action), '$[0]'), as_json(action)) as done,
        coalesce(json_extract(as_json(shopper), '$[0]'), as_json(shopper)) as person,
        coalesce(json_extract(as_json(cart), '$[0]'), as_json(cart)) as basket,
        nodes(as_json(product)) as products,
        coalesce(json_extract(as_json(transaction), '$[0]'), as_json(transaction)) as sale,
        coalesce(json_extract(as_json(refund), '$[0]'), as_json(refund)) as payback,
        coalesce(json_extract(as_json(client_session), '$[0]'), as_json(client_session)) as mobile
    from told_events

)

select
    *,
    case
        when event_name = 'snowplow_ecommerce_action'
            then coalesce(text_at(done, '$.type'), event_name)
        else coalesce(event_name, event)
    end as told,
    coalesce(derived_tstamp, collector_tstamp) as occurred_at,
    coalesce(
        domain_userid,
        text_at(mobile, '$.userId'),
        text_at(mobile, '$.user_id'),
        network_userid
    ) as anonymous,
    person_id(coalesce(
        user_id,
        case
            when
                lower(coalesce(
                    text_at(person, '$.is_guest'), text_at(person, '$.isGuest'), 'false'
                )) = 'false'
                then text_at(person, '$.id')
        end
    )) as known,
    coalesce(text_at(sale, '$.transaction_id'), text_at(sale, '$.transactionId')) as transaction_id
from parsed_events
