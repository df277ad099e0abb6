"""The marts have the columns, keys and words that the specification names.

Belongs here: names as the pages on marts, value, the lifecycle and KPIs give them, as literals,
held against the YAML contracts. Does not belong here: KPI ids (test_kpi_catalogue.py), rows of
seeds (test_rule_seeds.py), columns of raw tables (test_raw_contract.py), and what stands in a
column.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"

# mart: (its key, the columns beside it)
MART_COLUMNS = {
    "subjects": (
        "subject_id",
        "subject_type first_seen_on first_order_on last_order_on orders net_revenue"
        " acquisition_channel first_touch_campaign country account_id is_identified stage health"
        " rfm_segment predicted_value_365d",
    ),
    "lifecycle_history": (
        "framework subject_id valid_from",
        "valid_to stage health rule previous_stage previous_health cycle movement skipped_stages"
        " next_change_on next_stage next_health",
    ),
    "lifecycle_current": (
        "framework subject_id",
        "valid_from stage health rule previous_stage previous_health cycle movement skipped_stages"
        " days_in_stage next_change_on next_stage next_health reason reason_it health_basis"
        " at_risk_on lapsed_on usual_gap_days expected_next_order_on days_overdue renews_on"
        " advance_30d_probability is_stalled",
    ),
    "stages": ("framework stage", "ordinal is_optional label label_it description"),
    "health_states": ("health", "ordinal label label_it"),
    "stage_evidence": (
        "framework subject_id rule condition_no",
        "stage signal measure window_days at_least below observed holds missing signals"
        " stops_holding_on",
    ),
    "stage_transitions": (
        "framework subject_id changed_on",
        "from_stage to_stage from_health to_health movement days_in_from skipped_stages",
    ),
    "stage_daily": ("framework date stage health", "subjects entries exits"),
    "stage_flow_monthly": (
        "framework month from_stage from_health to_stage to_health",
        "subjects share",
    ),
    "kpi_catalog": (
        "kpi",
        "stage_group title title_it definition numerator denominator unit additive restates grains"
        " dimensions direction maturity_days inputs model source",
    ),
    "kpi_values": (
        "kpi period_grain period_start dimension dimension_value",
        "period_end numerator denominator value sample_size status as_of_date",
    ),
    "kpi_vs_target": (
        "kpi period_grain period_start dimension dimension_value",
        "target value gap gap_share trend_8_periods status owner",
    ),
    "activity_lifecycle": (
        "period_grain period_start activity",
        "new_persons returning resurrecting dormant",
    ),
    "retention_matrix": (
        "period_grain activity cohort_kind cohort_start period_offset",
        "persons",
    ),
    "channel_performance": (
        "period_grain period_start channel campaign",
        "impressions net_revenue customer_acquisition_cost return_on_ad_spend",
    ),
    "cart_outcomes": (
        "cart_id",
        "created_on created_at last_event_at step_reached cart_value outcome order_id",
    ),
    "mrr_movements": (
        "subject_id month",
        "opening_mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr"
        " closing_mrr",
    ),
    "checkout_outcomes": ("session_id", "outcome"),
    "message_outcomes": ("delivery_id", ""),
    "trial_outcomes": ("subject_id", "outcome"),
    "retention_cohorts": (
        "dimension dimension_value cohort_month age_months",
        "customers active orders revenue is_mature",
    ),
    "survey_answers": ("answer_id", ""),
    "support_tickets": ("ticket_id", ""),
    "referral_edges": ("referrer_id subject_id", ""),
    "customers": (
        "subject_id",
        "subject_type first_seen_on first_order_on last_order_on orders net_revenue"
        " acquisition_channel first_touch_campaign country account_id is_identified stage"
        " stage_since health health_since next_change_on at_risk_on lapsed_on usual_gap_days"
        " expected_next_order_on days_overdue renews_on units margin average_order_value"
        " refund_rate first_category first_product_id favourite_category first_touch_channel"
        " device_type last_visit_on visits_30d open_tickets last_nps last_csat loyalty_points"
        " referrals monthly_amount marketing_consent recency_score frequency_score monetary_score"
        " rfm_segment predicted_value_365d is_global_control net_revenue_365d"
        " net_revenue_rank_share order_days"
        " days_since_first_order days_since_last_order coupon_order_share tickets_365d last_nps_on",
    ),
    "orders": (
        "order_id",
        "subject_id account_id ordered_on ordered_at order_number is_booked is_first_order status"
        " currency gross_revenue refunded_amount net_revenue discount_amount coupon_code units"
        " product_cost channel campaign country cart_id promised_on delivered_on is_late"
        " days_since_previous_order stage_before health_before",
    ),
    "order_lines": (
        "order_id line_number",
        "product_id category brand quantity net_amount unit_cost",
    ),
    "subscriptions": (
        "subject_id subscription_id valid_from",
        "valid_to monthly_amount state end_reason paid_through_on",
    ),
    "customer_timeline": (
        "subject_id occurred_at kind source_table source_id",
        "label label_it value",
    ),
    "rfm_segments": (
        "as_of_date subject_id",
        "recency_days frequency monetary recency_score frequency_score monetary_score segment"
        " previous_segment segment_since",
    ),
    "customer_value": (
        "subject_id",
        "frequency recency_days age_days monetary_value probability_alive expected_orders_90d"
        " expected_orders_365d expected_order_value predicted_value_90d predicted_value_365d"
        " contract_value_365d historic_value model value_rank value_decile",
    ),
    "model_fits": ("model purpose name", "value"),
    "model_holdout": ("purpose model frequency_class", "customers"),
    "revenue_concentration": ("percentile", "cumulated_share gini"),
    "ideal_customer_profile": ("attribute attribute_value", "horizon_days customers lift"),
    "product_affinity": (
        "kind item_a item_b",
        "customers_a customers_b customers_both support confidence lift customers_after"
        " median_days",
    ),
    "next_best_product": ("subject_id rank", "product_id reason_product"),
    "order_sequence": (
        "order_day_number dimension dimension_value",
        "customers median_days average_order_value margin",
    ),
    "sessions": ("session_id", "subject_id"),
    "touchpoints": ("session_id", "subject_id channel"),
    "attributed_orders": ("order_id model touch_number", "share"),
    "journey_paths": ("path steps", "customers revenue"),
    "journey_map": ("framework stage touch_kind touch_value", "persons"),
    "friction": ("step reason device buyer", "value_lost"),
    "message_performance": (
        "month channel campaign variant stage health",
        "delivered opened clicked unsubscribed orders net_revenue",
    ),
    "contact_pressure": ("messages", "person_weeks unsubscribe_rate order_rate"),
    "segment_members": ("segment subject_id", ""),
    "segment_profiles": ("segment", "customers share net_revenue_365d average_order_value nps"),
    "segment_profile_mix": ("segment dimension dimension_value", "customers"),
    "play_entries": (
        "play subject_id triggered_on",
        "due_from due_until arm suppressed_by goal_on goal_value is_matured",
    ),
    "plays_due": (
        "play subject_id triggered_on",
        "rank_for_subject why why_it since expected_value recommended_product",
    ),
    "play_results": ("play month", "lift min_detectable_lift incremental_revenue is_conclusive"),
    "lapse_calibration": ("gap_ordinal day", "at_risk ordered_again survival"),
    "recommended_health_policy": (
        "key",
        "prior_gap_days prior_weight log_gap_sigma at_risk_quantile z_at_risk lapsed_quantile"
        " z_lapsed min_days max_days cold_after_days",
    ),
    "lapse_backtest": ("policy month_end", "called_lapsed false_alarms misses balanced_error"),
    "stage_odds": (
        "framework stage health days_in_stage",
        "subjects advanced_share fell_back_share lapsed_share is_small value_to_advance",
    ),
    "build_info": ("build_id", "inputs_hash rules_hash as_of_date"),
    "row_accounting": (
        "scope name",
        "rows_read rows_kept rows_duplicate rows_quarantined rows_set_aside rows_filtered",
    ),
    "plausibility": ("expectation item", ""),
    "restatements": (
        "kpi period_grain period_start dimension dimension_value",
        "old_value new_value cause",
    ),
    "rule_changes": ("first_build_id", ""),
    "event_names": ("event_name", "persons first_on last_on signals events_without_signal"),
}  # fmt: skip

HEALTHS = "prospect cold active at_risk lapsed"
WORDS = {
    ("lifecycle_history", "health"): HEALTHS,
    ("lifecycle_history", "movement"): "entered advanced fell_back health_only",
    ("lifecycle_current", "health_basis"): "orders contract",
    ("kpi_values", "period_grain"): "day week month quarter year",
    ("kpi_values", "status"): "ok no_input missing_rate immature partial no_base small_sample",
    ("cart_outcomes", "outcome"): "open converted abandoned recovered",
    ("subscriptions", "state"): "active at_risk",
    ("subscriptions", "end_reason"): "cancelled payment_failed expired",
    ("play_entries", "arm"): "treat holdout global_control",
    ("play_entries", "suppressed_by"): "left no_consent cool_down cap",
    ("product_affinity", "kind"): "product category",
    ("stage_odds", "days_in_stage"): "0-6 7-29 30-89 90+",
    ("lapse_calibration", "gap_ordinal"): "1 2 3+",
    ("contact_pressure", "messages"): "0 1 2 3 4+",
    ("model_holdout", "frequency_class"): "0 1 2 3 4 5 6 7+",
    ("attributed_orders", "model"): (
        "first last last_non_direct linear position_based time_decay"
    ),
    ("customer_value", "model"): "bg_nbd mbg_nbd stage none",
}  # fmt: skip

MONEY = {
    "orders": "gross_revenue refunded_amount net_revenue discount_amount product_cost",
    "order_lines": "net_amount",
    "customer_value": "predicted_value_365d contract_value_365d monetary_value historic_value",
    "rfm_segments": "monetary",
    "play_entries": "goal_value",
    "subscriptions": "monthly_amount",
}


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """The contract of each mart, by the name that it is published under."""
    found: dict[str, dict[str, Any]] = {}
    for path in MARTS.glob("*/*.yml"):
        for model in yaml.safe_load(path.read_text())["models"]:
            found[model.get("config", {}).get("alias", model["name"])] = model
    return found


def types(mart: str) -> dict[str, str]:
    return {column["name"]: column["data_type"] for column in contracts()[mart]["columns"]}


def test_every_mart_of_the_pages_is_published_and_the_others_say_so() -> None:
    assert set(contracts()) - set(MART_COLUMNS) == {"calendar_days", "play_catalog"}
    assert set(MART_COLUMNS) <= set(contracts())


@pytest.mark.parametrize("mart", MART_COLUMNS)
def test_a_mart_has_the_key_and_the_columns_of_the_pages(mart: str) -> None:
    key, beside = (text.split() for text in MART_COLUMNS[mart])
    assert set(contracts()[mart]["config"]["meta"]["primary_key"]) == set(key)
    assert set(key) | set(beside) <= set(types(mart))


@pytest.mark.parametrize(("mart", "column"), WORDS)
def test_a_column_holds_the_words_of_the_pages(mart: str, column: str) -> None:
    (test,) = (test for test in contracts()[mart]["data_tests"] if "sound_rows" in test)
    values = test["sound_rows"]["arguments"].get("values", {})[column]
    assert set(values) == set(WORDS[mart, column].split())


@pytest.mark.parametrize("mart", MONEY)
def test_money_has_four_decimals(mart: str) -> None:
    assert {types(mart)[column] for column in MONEY[mart].split()} == {"decimal(18,4)"}
