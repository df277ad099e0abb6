-- What is foreseen of each customer. Where no model passes for any horizon, the mean of the stage
-- and health that the customer stands in speaks of the next 365 days. Over 120 lines, since each
-- number comes from the model that was chosen for it.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

histories as (

    select
        person_key,
        frequency,
        recency_days,
        age_days,
        monetary_value,
        case when monetary_value < 0 then 0 else monetary_value end as spent_value
    from {{ ref('int_value_histories') }}
    where purpose = 'all'

),

models as (

    select
        max(case when horizon_days = 90 then model end) as model_90d,
        max(case when horizon_days = 365 then model end) as model_365d,
        max_by(model, horizon_days) as model,
        max_by(is_dropout_told, horizon_days) as is_dropout_told
    from {{ ref('int_value_choices') }}

),

order_values as (

    select
        histories.person_key,
        case spending.method
            when 'gamma_gamma'
                then
                    spending.p
                    * (spending.v + cast(histories.frequency * histories.spent_value as double))
                    / (spending.p * histories.frequency + spending.q - 1)
            when 'shrunk_mean'
                then
                    (
                        cast(histories.frequency * histories.spent_value as double)
                        + limits.prior_orders * spending.mean_value
                    ) / (histories.frequency + limits.prior_orders)
        end as expected_order_value
    from histories
    cross join {{ ref('int_value_spending') }} as spending
    cross join {{ ref('int_value_limits') }} as limits

),

scores as (

    select * from {{ ref('int_value_models') }} where purpose = 'all' and name is null

),

scored_histories as (

    select
        histories.person_key,
        histories.frequency,
        histories.recency_days,
        histories.age_days,
        histories.monetary_value,
        models.model,
        case when models.is_dropout_told then alive.probability_alive end as probability_alive,
        scores_90d.expected_orders_90d,
        scores_365d.expected_orders_365d,
        case when models.model is not null then order_values.expected_order_value end
            as expected_order_value
    from histories
    cross join models
    left join order_values on histories.person_key = order_values.person_key
    left join scores as alive
        on
            models.model = alive.model
            and histories.frequency = alive.frequency
            and histories.recency_days = alive.recency_days
            and histories.age_days = alive.age_days
    left join scores as scores_90d
        on
            models.model_90d = scores_90d.model
            and histories.frequency = scores_90d.frequency
            and histories.recency_days = scores_90d.recency_days
            and histories.age_days = scores_90d.age_days
    left join scores as scores_365d
        on
            models.model_365d = scores_365d.model
            and histories.frequency = scores_365d.frequency
            and histories.recency_days = scores_365d.recency_days
            and histories.age_days = scores_365d.age_days

),

predictions as (

    select
        scored.person_key,
        scored.frequency,
        scored.recency_days,
        scored.age_days,
        scored.monetary_value,
        scored.probability_alive,
        scored.expected_orders_90d,
        scored.expected_orders_365d,
        cast(round(scored.expected_order_value, 4) as decimal(18, 4)) as expected_order_value,
        cast(
            round(scored.expected_orders_90d * scored.expected_order_value, 4) as decimal(18, 4)
        ) as predicted_value_90d,
        cast(
            round(
                case
                    when scored.model is null then stage_means.mean_value
                    else scored.expected_orders_365d * scored.expected_order_value
                end,
                4
            ) as decimal(18, 4)
        ) as predicted_value_365d,
        case
            when scored.model is not null then scored.model
            when stage_means.stage is not null then 'stage'
            else 'none'
        end as model
    from scored_histories as scored
    cross join settings
    left join {{ ref('int_person_states') }} as states
        on
            scored.person_key = states.subject_key
            and settings.as_of_date >= states.valid_from
            and settings.as_of_date < states.valid_to
    left join {{ ref('int_value_stage_means') }} as stage_means
        on
            states.stage = stage_means.stage
            and states.health = stage_means.health

)

select * from predictions
