with

parsed_events as (

    select
        *,
        as_json(action) as done,
        coalesce(json_extract(as_json(shopper), '$[0]'), as_json(shopper)) as person,
        coalesce(json_extract(as_json(cart), '$[0]'), as_json(cart)) as basket,
        nodes(as_json(product)) as products,
        coalesce(json_extract(as_json(transaction), '$[0]'), as_json(transaction)) as sale,
        coalesce(json_extract(as_json(refund), '$[0]'), as_json(refund)) as payback,
        coalesce(json_extract(as_json(client_session), '$[0]'), as_json(client_session)) as mobile
    from atomic_events

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
