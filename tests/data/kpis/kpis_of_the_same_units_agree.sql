-- What two KPIs both count is the same number in every period and slice: spend, customers active at
-- the end, invitations converted, new customers, reviews.
with

measures as (

    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        kpi,
        numerator,
        denominator
    from {{ ref('kpi_values') }}
    where status <> 'no_input'

),

claims as (

    {% for one, one_column, other, other_column in [
        ('viral_coefficient', 'numerator', 'invite_conversion_rate', 'numerator'),
        ('viral_coefficient', 'denominator', 'active_customers_end', 'numerator'),
        ('referral_rate', 'denominator', 'new_customers', 'numerator'),
        ('customer_acquisition_cost', 'numerator', 'spend', 'numerator'),
        ('customer_acquisition_cost', 'denominator', 'new_customers', 'numerator'),
        ('return_on_ad_spend', 'denominator', 'spend', 'numerator'),
        ('marketing_efficiency_ratio', 'numerator', 'gross_revenue', 'numerator'),
        ('marketing_efficiency_ratio', 'denominator', 'spend', 'numerator'),
        ('second_order_rate_90d', 'denominator', 'new_customers', 'numerator'),
        ('stickiness', 'denominator', 'active_users', 'numerator'),
        ('returning_customer_rate', 'denominator', 'repeat_purchase_rate', 'denominator'),
        ('repeat_purchase_rate', 'denominator', 'orders_per_customer', 'denominator'),
        ('loyalty_participation_rate', 'denominator', 'orders_per_customer', 'denominator'),
        ('review_average', 'denominator', 'review_count', 'numerator'),
        ('email_open_rate', 'denominator', 'email_click_rate', 'denominator'),
        ('email_open_rate', 'denominator', 'unsubscribe_rate', 'denominator'),
        ('tickets_per_100_orders', 'denominator', 'orders', 'numerator'),
        ('guest_order_share', 'denominator', 'orders', 'numerator'),
        ('coupon_order_share', 'denominator', 'orders', 'numerator'),
        ('sessions_per_first_order', 'denominator', 'new_customers', 'numerator'),
        ('chat_response_minutes', 'denominator', 'chat_answer_rate', 'numerator'),
        (
            'onboarding_completion_rate_30d', 'denominator',
            'feature_adoption_rate_30d', 'denominator',
        ),
        ('at_risk_share', 'denominator', 'lapsed_share', 'denominator'),
        ('refund_rate', 'denominator', 'orders', 'numerator'),
        ('net_average_order_value', 'denominator', 'orders', 'numerator'),
        ('refunded_amount_rate', 'denominator', 'gross_revenue', 'numerator'),
        ('cross_sell_rate', 'denominator', 'returning_customer_rate', 'numerator'),
    ] -%}
    select
        '{{ one }}.{{ one_column }}' as claim,
        '{{ other }}.{{ other_column }}' as other_claim,
        one.period_grain,
        one.period_start,
        one.dimension,
        one.dimension_value,
        one.{{ one_column }} as counted,
        coalesce(other.{{ other_column }}, 0) as counted_by_the_other
    from measures as one
    left join measures as other
        on
            one.period_grain = other.period_grain
            and one.period_start = other.period_start
            and one.dimension = other.dimension
            and one.dimension_value = other.dimension_value
            and other.kpi = '{{ other }}'
    where
        one.kpi = '{{ one }}'
        and exists (
            select 1
            from measures
            where
                measures.kpi = '{{ other }}'
                and measures.period_grain = one.period_grain
                and measures.period_start = one.period_start
        )
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from claims where counted <> counted_by_the_other
