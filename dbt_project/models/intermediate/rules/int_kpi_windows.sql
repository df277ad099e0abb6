-- The windows and limits of the seed kpi_windows by name, in one row, for a cross join.

with

windows as (

    select
        {% for name in [
            'session_order_hours',
            'session_order_skew_minutes',
            'checkout_order_hours',
            'engaged_seconds',
            'engaged_page_views',
            'message_reaction_days',
            'survey_answer_days',
            'nps_promoter_from',
            'nps_passive_from',
            'csat_satisfied_from',
            'fewest_answers',
            'trial_payment_days',
            'cart_silence_hours',
            'cart_recovery_days',
            'lead_purchase_days',
            'lead_errand_minutes',
            'starting_days',
            'chat_answer_hours',
            'help_contact_hours',
            'repeat_contact_days',
            'second_order_days',
            'stage_advance_days',
            'invitation_conversion_days',
            'touch_days',
            'touch_half_life_days',
            'first_year_days',
            'revenue_year_days',
            'best_customers_percent',
            'followed_days',
            'followed_weeks',
            'first_quarter_days',
            'fewest_year_old_customers',
            'fewest_profile_customers',
            'affinity_items',
            'fewest_joint_customers',
            'affinity_rules',
            'recommended_products',
            'recent_sale_days',
            'followed_order_days',
            'path_steps',
            'contact_first_days',
            'contact_outlook_days',
            'message_order_days',
            'most_contacts',
            'odds_days',
            'odds_month_ends',
            'odds_weight',
            'fewest_odds_subjects',
            'settled_stage_days',
            'long_stage_days',
            'very_long_stage_days',
            'fewest_advanced_stays',
            'stalled_percent',
            'followed_gaps',
            'lapse_truth_days',
            'judged_silence_days',
            'fewest_paced_customers',
        ] -%}
        max(case when name = '{{ name }}' then value end) as {{ name }}
        {{- ',' if not loop.last }}
    {% endfor %}
    from {{ ref('kpi_windows') }}

)

select * from windows
