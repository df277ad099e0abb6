{# Arms and what a person got lately: how plays are dealt, and when they rest. #}

{# Where a text falls in a lottery that anybody can draw again, from 0 to 1: the first eight hex
   digits of its MD5 over 16^8. #}
{% macro lot(text) -%}
    {{ return(adapter.dispatch('lot')(text)) }}
{%- endmacro %}

{% macro default__lot(text) -%}
    (cast(cast('0x' || substr(md5({{ text }}), 1, 8) as bigint) as double) / 4294967296)
{%- endmacro %}

{# Whether a subject is of the few who get no marketing at all. #}
{% macro is_global_control(subject_id) -%}
    {{ lot("'" ~ var('play_salt') ~ ":' || " ~ subject_id) }} < {{ var('global_control_share') }}
{%- endmacro %}

{# The quarter of a date, as 2026Q1. #}
{% macro quarter(date) -%}
    (
        cast(extract(year from {{ date }}) as string) || 'Q'
        || cast(extract(quarter from {{ date }}) as string)
    )
{%- endmacro %}

{# The last instant of a reporting date: what is told of a day is told at its end. #}
{% macro day_end(date) -%}
    ({{ day_start(add_days(date, 1)) }} - interval '1' microsecond)
{%- endmacro %}

{# A list of the contacts of which the rest of a walk has to know, with one of them. #}
{% macro first_contact(play, due_from, is_marketing) -%}
    {{ return(adapter.dispatch('first_contact')(play, due_from, is_marketing)) }}
{%- endmacro %}

{% macro default__first_contact(play, due_from, is_marketing) -%}
    list_value(
        struct_pack(
            play := {{ play }}, due_from := {{ due_from }}, is_marketing := {{ is_marketing }}
        )
    )
{%- endmacro %}

{# How many of the contacts since a day were of one play. #}
{% macro contacts_of_play(contacts, play, since) -%}
    {{ return(adapter.dispatch('contacts_of_play')(contacts, play, since)) }}
{%- endmacro %}

{% macro default__contacts_of_play(contacts, play, since) -%}
    len(
        list_filter(
            {{ contacts }},
            lambda contact: contact.play = {{ play }} and contact.due_from >= {{ since }}
        )
    )
{%- endmacro %}

{# How many of the contacts since a day were marketing. #}
{% macro marketing_contacts(contacts, since) -%}
    {{ return(adapter.dispatch('marketing_contacts')(contacts, since)) }}
{%- endmacro %}

{% macro default__marketing_contacts(contacts, since) -%}
    len(
        list_filter(
            {{ contacts }},
            lambda contact: contact.is_marketing and contact.due_from >= {{ since }}
        )
    )
{%- endmacro %}

{# The contacts since a day, and those of another list. #}
{% macro later_contacts(contacts, since, more_contacts) -%}
    {{ return(adapter.dispatch('later_contacts')(contacts, since, more_contacts)) }}
{%- endmacro %}

{% macro default__later_contacts(contacts, since, more_contacts) -%}
    list_concat(
        list_filter({{ contacts }}, lambda contact: contact.due_from >= {{ since }}),
        {{ more_contacts }}
    )
{%- endmacro %}

{# Whether a play may be sent: who has to consent must have said yes, and no marketing goes to who said
   no. What is not known is no yes, and no no. #}
{% macro is_permitted(plays, has_consent) -%}
    case
        when {{ plays }}.needs_consent then coalesce({{ has_consent }}, false)
        when not {{ plays }}.is_service then coalesce({{ has_consent }}, true)
        else true
    end
{%- endmacro %}

{# Why a play is due: what happened, and when. #}
{% macro trigger_sentence(entries) -%}
    case {{ entries }}.trigger
        when 'stage_entered' then 'Entered the stage ' || {{ entries }}.trigger_label || ' on '
        when 'stage_left' then 'Fell back from the stage ' || {{ entries }}.trigger_label || ' on '
        when 'health_entered' then {{ entries }}.trigger_label || ' since '
        when 'signal' then {{ entries }}.trigger_label || ' on '
        when 'cart_abandoned' then 'Left a cart unordered on '
        when 'checkout_unfinished' then 'Began a checkout without an order on '
        when 'first_purchase' then 'First purchase on '
        when 'order_delivered' then 'Order delivered on '
        when 'ticket_resolved' then 'Ticket resolved on '
        when 'survey_detractor' then 'Answered as a detractor on '
        when 'expected_order_missed'
            then 'Overdue for an order by ' || {{ entries }}.trigger_value || ' days since '
        when 'renewal_due'
            then 'Renewal within ' || {{ entries }}.trigger_value || ' days, told on '
    end || cast({{ entries }}.triggered_on as string) || '.'
{%- endmacro %}

{# The same in Italian. #}
{% macro trigger_sentence_it(entries) -%}
    case {{ entries }}.trigger
        when 'stage_entered' then 'Entrato nella fase ' || {{ entries }}.trigger_label_it || ' il '
        when 'stage_left' then 'Uscito dalla fase ' || {{ entries }}.trigger_label_it || ' il '
        when 'health_entered' then {{ entries }}.trigger_label_it || ' dal '
        when 'signal' then {{ entries }}.trigger_label_it || ' il '
        when 'cart_abandoned' then 'Carrello lasciato senza ordine il '
        when 'checkout_unfinished' then 'Cassa iniziata senza ordine il '
        when 'first_purchase' then 'Primo acquisto il '
        when 'order_delivered' then 'Ordine consegnato il '
        when 'ticket_resolved' then 'Ticket risolto il '
        when 'survey_detractor' then 'Ha risposto da detrattore il '
        when 'expected_order_missed'
            then 'In ritardo di ' || {{ entries }}.trigger_value || ' giorni con un ordine dal '
        when 'renewal_due'
            then 'Rinnovo entro ' || {{ entries }}.trigger_value || ' giorni, visto il '
    end || cast({{ entries }}.triggered_on as string) || '.'
{%- endmacro %}

{# What is known of the person's consent; what is not known is said, too. #}
{% macro consent_sentence(entries) -%}
    case
        when {{ entries }}.has_consent then ' Consented, as stated on '
        when not {{ entries }}.has_consent then ' Does not consent to marketing, as stated on '
        else ' Consent is not known'
    end || case
        when {{ entries }}.has_consent is null then '.'
        else cast({{ entries }}.consent_on as string) || '.'
    end
{%- endmacro %}

{# The same in Italian. #}
{% macro consent_sentence_it(entries) -%}
    case
        when {{ entries }}.has_consent then ' Consenso dato, come dichiarato il '
        when not {{ entries }}.has_consent then ' Nessun consenso al marketing, come dichiarato il '
        else ' Consenso non noto'
    end || case
        when {{ entries }}.has_consent is null then '.'
        else cast({{ entries }}.consent_on as string) || '.'
    end
{%- endmacro %}

{# A text with a capital letter at its beginning. #}
{% macro capitalized(text) -%}
    (upper(substr({{ text }}, 1, 1)) || substr({{ text }}, 2))
{%- endmacro %}
