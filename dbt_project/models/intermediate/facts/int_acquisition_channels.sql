-- How each person was won: the channel that the customer record states, by its name or as a source
-- that the channel map knows, else that of the first session.

with

channels as (

    select channel
    from {{ ref('channel_map') }}
    group by channel

),

acquisition_channels as (

    select
        persons.person_key,
        coalesce(
            channels.channel, stated_channels.channel, first_touches.channel, 'unknown'
        ) as channel
    from {{ ref('int_persons') }} as persons
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id
    left join channels on lower(trim(customers.acquisition_channel)) = channels.channel
    left join {{ ref('channel_map') }} as stated_channels
        on
            lower(trim(customers.acquisition_channel)) = stated_channels.source
            and stated_channels.medium is null
    left join {{ ref('int_first_touches') }} as first_touches
        on persons.person_key = first_touches.person_key

)

select * from acquisition_channels
