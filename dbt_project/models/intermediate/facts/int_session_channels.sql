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
        events.referrer,
        nullif(trim(events.utm_source), '') as utm_source,
        nullif(trim(events.utm_medium), '') as utm_medium,
        nullif(trim(events.utm_campaign), '') as utm_campaign
    from {{ ref('int_session_starts') }} as session_starts
    inner join {{ ref('stg_events') }} as events on session_starts.raw_row_id = events.raw_row_id

),

tagged_urls as (

    select
        raw_row_id,
        landing_page as url
    from first_events
    where
        coalesce(utm_source, utm_medium, utm_campaign) is null
        and landing_page like '%?%'

),

url_tags as (

    select
        raw_row_id,
        {{ url_parameter('url', 'utm_source') }} as utm_source,
        {{ url_parameter('url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('url', 'utm_campaign') }} as utm_campaign
    from tagged_urls

),

-- What stands in an address is looked up: an expression for each parameter would be made anew for
-- each address.
url_parts as (

    select
        raw_row_id,
        {{ unnest_parts(url_query('url'), '&') }} as part
    from tagged_urls

),

stated_click_ids as (

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
    where
        {{ url_text("substr(url_parts.part, length(click_ids.parameter) + 2)") }} is not null

),

click_ids as (

    select * from stated_click_ids
    where place = 1

),

referrer_hosts as (

    select
        referrer,
        nullif(
            lower(
                regexp_extract(
                    trim(referrer), '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#@]*@)?([^/:?#]+)', 3
                )
            ),
            ''
        ) as host
    from first_events
    where referrer is not null
    group by referrer

),

-- The longest listed host is the one that says most.
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
        hosts.referrer,
        coalesce(listed_hosts.source, hosts.host) as source,
        coalesce(listed_hosts.medium, 'referral') as medium,
        listed_hosts.host is null as is_unlisted
    from referrer_hosts as hosts
    left join listed_hosts on hosts.host = listed_hosts.host
    where
        hosts.host is not null
        and coalesce(listed_hosts.medium, '') <> 'payment'
        {% for domain in var('own_domains').split(',') if domain -%}
        and right('.' || hosts.host, {{ domain | length + 1 }}) <> '.{{ domain }}'
        {% endfor %}

),

-- What a tag without a source says is looked up as what has none.
evidence as (

    select
        first_events.*,
        click_ids.source as click_source,
        click_ids.medium as click_medium,
        referrals.source as referral_source,
        referrals.medium as referral_medium,
        referrals.is_unlisted,
        coalesce(first_events.utm_source, url_tags.utm_source) as tag_source,
        coalesce(first_events.utm_medium, url_tags.utm_medium) as tag_medium,
        case
            when
                coalesce(
                    first_events.utm_source,
                    first_events.utm_medium,
                    first_events.utm_campaign,
                    url_tags.utm_source,
                    url_tags.utm_medium,
                    url_tags.utm_campaign
                ) is not null
                then 'tag'
            when click_ids.raw_row_id is not null then 'click'
            when referrals.referrer is not null then 'referral'
        end as kind
    from first_events
    left join url_tags on first_events.raw_row_id = url_tags.raw_row_id
    left join click_ids on first_events.raw_row_id = click_ids.raw_row_id
    left join referrals on first_events.referrer = referrals.referrer

),

sources as (

    select
        *,
        case kind
            when 'tag' then tag_source
            when 'click' then click_source
            when 'referral' then referral_source
        end as source,
        case kind
            when 'tag' then case when tag_source is not null then tag_medium end
            when 'click' then click_medium
            when 'referral' then referral_medium
        end as medium
    from evidence

),

channels as (

    select
        sources.raw_row_id,
        sources.session_id,
        sources.campaign,
        sources.landing_page,
        sources.device_type,
        case
            when sources.kind is null then 'direct'
            when sources.kind = 'referral' and sources.is_unlisted
                then coalesce(
                    exact_channels.channel,
                    source_channels.channel,
                    any_referral.channel,
                    'referral'
                )
            else {{ channel_name('exact_channels', 'source_channels') }}
        end as channel
    from sources
    left join {{ ref('channel_map') }} as any_referral
        on
            any_referral.source is null
            and any_referral.medium = 'referral'
    {{ channel_joins('sources.source', 'sources.medium', 'exact_channels', 'source_channels') }}

)

select * from channels
