-- What the first event of each session says, read once from the texts of all events, and where the
-- session came from by it: the utm columns; without any, what the address of the page says, by utm
-- parameters or else by a click id; without that, the host of the referrer, unless it is an own one
-- or a place to pay at; else the visit is direct. Over 120 lines, since each kind of evidence is
-- looked for apart, and the first that is found counts.

with

first_events as (

    select
        session_starts.raw_row_id,
        events.event_id as session_id,
        events.utm_campaign as campaign,
        events.page_url as landing_page,
        events.device_type,
        nullif(trim(events.utm_source), '') as utm_source,
        nullif(trim(events.utm_medium), '') as utm_medium,
        nullif(trim(events.utm_campaign), '') as utm_campaign,
        case when events.page_url like '%?%' then events.page_url end as tagged_url,
        nullif(
            lower(
                regexp_extract(
                    trim(events.referrer),
                    '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#@]*@)?([^/:?#]+)',
                    3
                )
            ),
            ''
        ) as referrer_host
    from {{ ref('int_session_starts') }} as session_starts
    inner join {{ ref('stg_events') }} as events on session_starts.raw_row_id = events.raw_row_id

),

untagged_events as (

    select *
    from first_events
    where coalesce(utm_source, utm_medium, utm_campaign) is null

),

url_tags as (

    select
        raw_row_id,
        {{ url_parameter('tagged_url', 'utm_source') }} as utm_source,
        {{ url_parameter('tagged_url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('tagged_url', 'utm_campaign') }} as utm_campaign
    from untagged_events
    where tagged_url is not null

),

tags as (

    select
        raw_row_id,
        utm_source,
        utm_medium,
        1 as precedence
    from first_events
    where coalesce(utm_source, utm_medium, utm_campaign) is not null

    union all

    select
        raw_row_id,
        utm_source,
        utm_medium,
        1 as precedence
    from url_tags
    where coalesce(utm_source, utm_medium, utm_campaign) is not null

),

-- What stands in an address is looked up: an expression for each parameter would be made anew for
-- each address.
url_parts as (

    select
        raw_row_id,
        {{ unnest_parts(url_query('tagged_url'), '&') }} as part
    from untagged_events
    where tagged_url is not null

),

click_ids as (

    select
        url_parts.raw_row_id,
        click_ids.source,
        click_ids.medium,
        row_number() over (
            partition by url_parts.raw_row_id
            order by {{ place_in_seed('click_ids') }}
        ) as place
    from url_parts
    inner join {{ ref('click_ids') }} as click_ids
        on split_part(url_parts.part, '=', 1) = click_ids.parameter
    where {{ url_text("regexp_extract(url_parts.part, '=(.*)', 1)") }} is not null

),

-- The longest listed host is the one that says most.
referrer_hosts as (

    select referrer_host as host
    from untagged_events
    where referrer_host is not null
    group by referrer_host

),

listed_hosts as (

    select
        hosts.host,
        max_by(referrers.source, length(referrers.host)) as source,
        max_by(lower(trim(coalesce(referrers.medium, ''))), length(referrers.host)) as medium
    from referrer_hosts as hosts
    inner join {{ ref('referrers') }} as referrers
        on
            right('.' || hosts.host, length(trim(referrers.host)) + 1)
            = '.' || lower(trim(referrers.host))
    group by hosts.host

),

referrals as (

    select
        events.raw_row_id,
        coalesce(listed_hosts.source, events.referrer_host) as source,
        coalesce(listed_hosts.medium, 'referral') as medium,
        listed_hosts.host is null as is_unlisted
    from untagged_events as events
    left join listed_hosts on events.referrer_host = listed_hosts.host
    where
        events.referrer_host is not null
        and coalesce(listed_hosts.medium, '') <> 'payment'
        {% for domain in var('own_domains').split(',') if domain -%}
        and right('.' || events.referrer_host, {{ domain | length + 1 }}) <> '.{{ domain }}'
        {% endfor %}

),

-- What a tag without a source says is looked up as what has none.
evidence as (

    select
        raw_row_id,
        utm_source as source,
        case when utm_source is not null then utm_medium end as medium,
        false as is_unlisted,
        precedence
    from tags

    union all

    select
        raw_row_id,
        source,
        medium,
        false as is_unlisted,
        2 as precedence
    from click_ids
    where place = 1

    union all

    select
        raw_row_id,
        source,
        medium,
        is_unlisted,
        3 as precedence
    from referrals

),

leading_evidence as (

    select
        raw_row_id,
        min(precedence) as precedence
    from evidence
    group by raw_row_id

),

channels as (

    select
        first_events.raw_row_id,
        first_events.session_id,
        first_events.campaign,
        first_events.landing_page,
        first_events.device_type,
        case
            when evidence.raw_row_id is null then 'direct'
            when evidence.is_unlisted
                then coalesce(
                    exact_channels.channel,
                    source_channels.channel,
                    any_referral.channel,
                    'referral'
                )
            else {{ channel_name('exact_channels', 'source_channels') }}
        end as channel
    from first_events
    left join leading_evidence on first_events.raw_row_id = leading_evidence.raw_row_id
    left join evidence
        on
            leading_evidence.raw_row_id = evidence.raw_row_id
            and leading_evidence.precedence = evidence.precedence
    left join {{ ref('channel_map') }} as any_referral
        on
            any_referral.source is null
            and any_referral.medium = 'referral'
    {{ channel_joins('evidence.source', 'evidence.medium', 'exact_channels', 'source_channels') }}

)

select * from channels
