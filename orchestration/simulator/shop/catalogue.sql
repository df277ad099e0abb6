-- What the shop is made of, the same for every batch: countries, channels, products, the kinds of
-- events in both naming styles, and the shapes a session can take.
create table countries as
select * from (
    values
    (0, 'DE', 'Berlin', 0, 300), (1, 'FR', 'Lyon', 0, 130), (2, 'IT', 'Milano', 0, 130),
    (3, 'NL', 'Utrecht', 0, 60), (4, 'GB', 'Leeds', 2, 170), (5, 'US', 'Portland', 1, 210)
) as listed (country_no, country, city, currency_no, weight);

-- One EUR in hundredths of the currency: prices abroad are round conversions of the list price.
create table currencies as
select * from (
    values (0, 'EUR', 100), (1, 'USD', 109), (2, 'GBP', 86)
) as listed (currency_no, currency, price_percent);

create table channels as
select * from (
    values
    (0, null, null, null, null, null),
    (1, 'google', 'cpc', 'brand_search', 'https://www.google.com/', 'gclid'),
    (2, 'google', 'organic', null, 'https://www.google.com/', null),
    (3, 'facebook', 'paid_social', 'prospecting', 'https://www.facebook.com/', 'fbclid'),
    (4, 'instagram', 'social', null, 'https://www.instagram.com/', null),
    (5, 'newsletter', 'email', 'monthly_letter', null, null),
    (6, 'coffeeblog', 'affiliate', 'partners', 'https://coffeeblog.example/', null),
    (7, 'podcast', 'audio', 'host_read', null, null),
    (8, 'bing', 'cpc', 'generic_search', 'https://www.bing.com/', 'msclkid'),
    (9, 'friend', 'referral', 'refer_a_friend', null, null)
) as listed (channel_no, source, medium, campaign, referrer, click_parameter);

-- What a first page view says of its channel: the tracker filled the utm columns (0), left the
-- parameters in the address (1), or saw nothing but a click id, or the referrer (2). A channel
-- without either is always tagged.
create table channel_marks as
with

marks as (

    select
        channels.*,
        ways.way_no,
        ways.way_no = 0
        or (ways.way_no = 2 and channels.referrer is null and channels.click_parameter is null)
            as has_columns
    from channels
    cross join range(3) as ways (way_no)

)

select
    channel_no * 3 + way_no as mark_no,
    if(has_columns, source, null) as utm_source,
    if(has_columns, medium, null) as utm_medium,
    if(has_columns, campaign, null) as utm_campaign,
    referrer,
    case way_no
        when 1
            then '?utm_source=' || source || '&utm_medium=' || medium
                || coalesce('&utm_campaign=' || campaign, '')
        -- What follows is the number of the click.
        when 2 then '?' || click_parameter || '='
    end as query,
    way_no = 2 and click_parameter is not null as has_click_id
from marks
order by mark_no;

create table product_kinds as
select * from (
    values
    (0, 'Coffee', 'Roast', 900, 1400), (1, 'Tea', 'Leaf Tea', 600, 900),
    (2, 'Brewing', 'Brewer', 2400, 6000), (3, 'Grinders', 'Grinder', 4500, 14000),
    (4, 'Accessories', 'Cup Set', 700, 2500), (5, 'Gifts', 'Gift Box', 1900, 4000)
) as listed (kind_no, category, noun, least_cents, spread_cents);

create table products as
with

numbered_products as (

    select
        cast(number as bigint) as product_no,
        -- Coffee is half of the range, as in a real roastery.
        case when number % 2 = 0 then 0 else 1 + (number // 2) % 5 end as kind_no
    from range(120) as numbers (number)

)

select
    numbered_products.product_no,
    'P-' || cast(1000 + numbered_products.product_no as varchar) as product_id,
    ['Aurora', 'Baltic', 'Cedar', 'Delta', 'Ember', 'Fjord', 'Garnet', 'Harbour', 'Iris',
        'Juniper', 'Kestrel', 'Linden'][1 + numbered_products.product_no % 12]
        || ' ' || product_kinds.noun || ' ' || cast(
            1 + numbered_products.product_no // 12 as varchar
        ) as title,
    product_kinds.category,
    ['Northlight', 'Casa Bruna', 'Mill & Sons'][1 + numbered_products.product_no % 3] as brand,
    product_kinds.least_cents
        + 10 * draw(numbered_products.product_no, 11, product_kinds.spread_cents // 10)
        as price_cents,
    35 + draw(numbered_products.product_no, 12, 26) as cost_percent,
    -- The last twenty products come to market during the simulated time.
    case
        when numbered_products.product_no < 100
            then -30 - draw(numbered_products.product_no, 13, 600)
        else (numbered_products.product_no - 99) * getvariable('days') // 22
    end as launch_day
from numbered_products
inner join product_kinds on product_kinds.kind_no = numbered_products.kind_no
order by numbered_products.product_no;

-- What the shop's server, mail tool or support desk reports has no name in the GA4 style.
create table event_kinds as
select * from (
    values
    (1, 'page_view', 'Page Viewed', 'page_view'),
    (2, 'product_view', 'Product Viewed', 'view_item'),
    (3, 'cart_add', 'Product Added', 'add_to_cart'),
    (4, 'checkout', 'Checkout Started', 'begin_checkout'),
    (5, 'search', 'Products Searched', 'search'),
    (6, 'search_results', 'Products Searched', 'view_search_results'),
    (7, 'content', 'Content Viewed', 'content_view'),
    (8, 'article', 'Article Read', 'content_view'),
    (9, 'podcast', 'Podcast Played', 'Podcast Played'),
    (10, 'video', 'Video Played', 'video_start'),
    (11, 'webinar', 'Webinar Attended', 'Webinar Attended'),
    (12, 'followed', 'Social Followed', 'Social Followed'),
    (13, 'liked', 'Social Liked', 'Social Liked'),
    (14, 'commented', 'Social Commented', 'Social Commented'),
    (15, 'shared', 'Social Shared', 'Social Shared'),
    (16, 'sign_up', 'Signed Up', 'sign_up'),
    (17, 'account', 'Account Created', 'sign_up'),
    (18, 'lead', 'Lead Submitted', 'generate_lead'),
    (19, 'newsletter', 'Newsletter Subscribed', 'Newsletter Subscribed'),
    (20, 'product_share', 'Product Shared', 'share'),
    (21, 'chat', 'Chat Started', 'Chat Started'),
    (22, 'chat_answer', 'Chat Answered', 'Chat Answered'),
    (23, 'unmapped', 'Wishlist Updated', 'scroll'),
    (30, 'trial_start', 'Trial Started', null),
    (31, 'trial_end', 'Trial Ended', null),
    (32, 'subscription_start', 'Subscription Started', null),
    (33, 'subscription_renewal', 'Subscription Renewed', null),
    (34, 'subscription_change', 'Subscription Changed', null),
    (35, 'subscription_cancel', 'Subscription Cancelled', null),
    (36, 'quote', 'Quote Requested', null),
    (37, 'contract', 'Contract Signed', null),
    (38, 'onboarding', 'Onboarding Completed', null),
    (39, 'feature', 'Feature Used', null),
    (40, 'ticket', 'Ticket Opened', null),
    (41, 'ticket_response', 'Ticket First Response', null),
    (42, 'ticket_resolved', 'Ticket Resolved', null),
    (43, 'nps_sent', 'Survey Sent', null),
    (44, 'csat_sent', 'Survey Sent', null),
    (45, 'nps', 'NPS Answered', null),
    (46, 'csat', 'CSAT Answered', null),
    (47, 'review', 'Review Posted', null),
    (48, 'product_review', 'Product Reviewed', null),
    (49, 'referral', 'Referral Sent', null),
    (50, 'invite', 'Invite Sent', null),
    (51, 'referral_converted', 'Referral Converted', null),
    (52, 'loyalty', 'Loyalty Joined', null),
    (53, 'points_earned', 'Points Earned', null),
    (54, 'points_redeemed', 'Points Redeemed', null),
    (55, 'delivered', 'Email Delivered', null),
    (56, 'opened', 'Email Opened', null),
    (57, 'link_clicked', 'Email Link Clicked', null),
    (58, 'clicked', 'Email Clicked', null),
    (59, 'unsubscribed', 'Email Unsubscribed', null),
    (60, 'unsubscribe', 'Unsubscribed', null),
    (61, 'payment_failed', 'Payment Failed', null),
    (62, 'invoice_failed', 'Invoice Payment Failed', null),
    (63, 'help', 'Help Article Viewed', 'Help Article Viewed'),
    (64, 'faq', 'FAQ Viewed', 'FAQ Viewed'),
    (65, 'shipped', 'Order Shipped', null),
    (66, 'order_delivered', 'Order Delivered', null),
    (67, 'order_cancelled', 'Order Cancelled', null),
    (68, 'received', 'Received Email', null),
    (69, 'letter_opened', 'Opened Email', null),
    (70, 'letter_clicked', 'Clicked Email', null),
    (71, 'letter_unsubscribed', 'Unsubscribed from Email Marketing', null)
) as listed (kind_no, kind, segment_name, ga4_name);

create table session_shapes as
select * from (
    values
    -- Purchases with one to four lines; a dot and a digit name the line of the order.
    (1, 'page_view product_view.1 cart_add.1 checkout'),
    (2, 'page_view product_view.1 cart_add.1 product_view.2 cart_add.2 checkout'),
    (3, 'page_view product_view.1 cart_add.1 product_view.2 cart_add.2 cart_add.3 checkout'),
    (4, 'page_view product_view.1 cart_add.1 cart_add.2 cart_add.3 cart_add.4 page_view checkout'),
    (5, 'page_view search product_view.5 product_view.1 cart_add.1 checkout'),
    (6, 'page_view product_view.1 cart_add.1 search_results product_view.2 cart_add.2 checkout'),
    (7, 'page_view product_view.1 cart_add.1 cart_add.2 cart_add.3 product_view.6 checkout'),
    (8, 'search product_view.1 cart_add.1 cart_add.2 cart_add.3 cart_add.4 checkout'),
    -- Carts that are filled now and paid for days later, and the return to pay.
    (11, 'page_view product_view.1 cart_add.1'),
    (12, 'page_view product_view.1 cart_add.1 cart_add.2'),
    (13, 'page_view cart_add.1 cart_add.2 cart_add.3 checkout'),
    (14, 'page_view cart_add.1 cart_add.2 cart_add.3 cart_add.4'),
    (15, 'page_view checkout'),
    -- Visits without a purchase; 30 and 31 leave a cart behind.
    (20, 'page_view'),
    (21, 'page_view product_view.1'),
    (22, 'page_view product_view.1 product_view.2 product_view.3'),
    (23, 'page_view search search_results product_view.1 page_view'),
    (24, 'page_view content page_view'),
    (25, 'article article liked'),
    (26, 'page_view video product_view.1 page_view'),
    (27, 'page_view podcast followed'),
    (28, 'page_view product_view.1 chat'),
    (29, 'page_view product_view.1 product_share commented shared'),
    (30, 'page_view product_view.1 cart_add.1 product_view.2'),
    (31, 'page_view product_view.1 cart_add.1 cart_add.2 checkout'),
    (32, 'page_view product_view.1 unmapped'),
    (33, 'webinar content page_view'),
    (34, 'page_view help help'),
    (35, 'page_view faq page_view'),
    (36, 'page_view faq help chat'),
    -- A visitor who leaves an address for the letter and never makes an account.
    (37, 'page_view content newsletter'),
    -- Sessions in which the customer makes an account; the first step is still anonymous.
    (40, 'page_view sign_up page_view'),
    (41, 'page_view product_view.1 account newsletter'),
    (42, 'content lead page_view'),
    (43, 'page_view newsletter sign_up')
) as listed (shape_no, steps);

create table shape_steps as
with

split_steps as (

    select
        shape_no,
        unnest(string_split(steps, ' ')) as step,
        generate_subscripts(string_split(steps, ' '), 1) as step_no
    from session_shapes

)

select
    split_steps.shape_no,
    split_steps.step_no,
    event_kinds.kind_no,
    coalesce(try_cast(split_part(split_steps.step, '.', 2) as bigint), 0) as line_number
from split_steps
inner join event_kinds on event_kinds.kind = split_part(split_steps.step, '.', 1)
order by split_steps.shape_no, split_steps.step_no;

create table product_prices as
select
    products.product_no,
    currencies.currency_no,
    products.product_no * 3 + currencies.currency_no as price_no,
    products.price_cents * currencies.price_percent // 100 as unit_cents
from products
cross join currencies
order by products.product_no, currencies.currency_no;

-- One of the two products that belong to a taste: what the affinity of products has to find. All of
-- them are on the market from the first day.
create macro fond_product(taste_no, side) as 5 + 16 * taste_no + 7 * side;

-- The product of a line: in one case of four one of the person's taste, else popular ones more
-- often, and none before it is on the market.
create macro chosen_product(key, line_number, day, taste_no) as
    case
        when taste_no is not null and draw(key, 390 + line_number, 100) < 25
            then fond_product(taste_no, draw(key, 490 + line_number, 2))
        when
            whole(120 * share(key, 90 + line_number) * share(key, 190 + line_number))
            < 100 + day * 22 // cast(getvariable('days') as bigint) - 2
            then whole(120 * share(key, 90 + line_number) * share(key, 190 + line_number))
        else 20 + draw(key, 290 + line_number, 60)
    end;

-- The channel of somebody's first days: new people come through advertising and search.
create macro arrival_channel(channel_draw) as
    case
        when channel_draw < 130 then 0
        when channel_draw < 350 then 1
        when channel_draw < 530 then 2
        when channel_draw < 700 then 3
        when channel_draw < 790 then 4
        when channel_draw < 810 then 5
        when channel_draw < 860 then 6
        when channel_draw < 905 then 7
        when channel_draw < 950 then 8
        else 9
    end;

-- The channel of a visit of somebody who knows the shop: mostly directly and by letter.
create macro later_channel(channel_draw) as
    case
        when channel_draw < 480 then 0
        when channel_draw < 590 then 1
        when channel_draw < 730 then 2
        when channel_draw < 770 then 3
        when channel_draw < 830 then 4
        when channel_draw < 960 then 5
        when channel_draw < 980 then 6
        when channel_draw < 990 then 7
        else 8
    end;
