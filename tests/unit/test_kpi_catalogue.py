"""The shipped KPI catalogue, channel map and targets are complete and agree with each other.

What belongs here: the KPI ids, grains and dimensions of the specification as compact literals, the
grammar of the catalogue's cells, and the laws between the three seeds. What does not: the KPI
values (the models' tests), and the lifecycle seeds (test_rule_seeds.py).
"""

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES_DIR = ROOT / "seeds" / "rules"
KPI_MODELS = ROOT / "dbt_project" / "models" / "intermediate" / "kpis"
RAW_CONTRACT = ROOT / "dbt_project" / "models" / "staging" / "raw.yml"

COLUMNS = [
    "kpi",
    "stage_group",
    "title",
    "title_it",
    "definition",
    "numerator",
    "denominator",
    "unit",
    "additive",
    "restates",
    "grains",
    "dimensions",
    "direction",
    "maturity_days",
    "inputs",
    "model",
    "source",
]

# stage group: its KPIs, as the specification files them
GROUPS = """
discovery: impressions clicks spend click_through_rate cost_per_click cost_per_mille sessions \
visitors new_visitors podcast_downloads podcast_listeners reach
engagement: followers net_new_followers social_interactions social_engagement_rate \
engaged_session_rate bounce_rate email_open_rate email_click_rate unsubscribe_rate nps lead_count \
active_users stickiness
conversion: conversion_rate trial_to_paid_rate cart_abandonment_rate cart_recovery_rate \
cart_value_abandoned checkout_completion_rate orders gross_revenue refunded_amount net_revenue \
average_order_value net_average_order_value median_order_value units_per_order discount_rate \
new_customers customer_acquisition_cost cac_payback_months return_on_ad_spend \
marketing_efficiency_ratio median_days_to_first_order \
sessions_per_first_order coupon_order_share guest_order_share
retention: active_customers_start active_customers_end active_customers_gained \
active_customers_reactivated active_customers_lost active_customers_voided retention_rate \
churn_rate repeat_purchase_rate returning_customer_rate second_order_rate_90d \
average_days_between_orders refund_rate refunded_amount_rate at_risk_share lapsed_share \
at_risk_recovery_rate reactivations reactivation_rate mrr new_mrr expansion_mrr contraction_mrr \
churned_mrr reactivation_mrr gross_mrr_churn_rate net_revenue_retention gross_revenue_retention \
quick_ratio \
lead_to_customer_rate_90d onboarding_completion_rate_30d feature_adoption_rate_30d \
chat_answer_rate chat_response_minutes self_service_rate repeat_contact_rate_7d \
tickets_per_100_orders first_response_hours resolution_hours on_time_delivery_rate
loyalty: csat survey_response_rate average_revenue_to_date average_margin_to_date predicted_clv \
ltv_to_cac \
loyalty_participation_rate points_redeemed_to_earned loyalty_points_balance \
revenue_share_top_20 orders_per_customer \
cross_sell_rate
advocacy: referral_rate invite_conversion_rate viral_coefficient affiliate_revenue \
affiliate_commission review_average review_count shares_count
every_stage: stage_population stage_entries stage_exits stage_conversion_rate_90d \
median_days_in_stage
"""

# kpis | kind | additive | grains (d, w, m; quarters and years follow months) | dimensions:
# c(hannel), k (country), h(ealth), t (stage), a(ccount), f(ramework), - (none beside the total)
SHAPES = """
impressions clicks spend podcast_downloads social_interactions net_new_followers \
| count | sum | dwm | c
podcast_listeners reach | count | none | dwm | c
followers | count | stock | dwm | c
click_through_rate cost_per_click cost_per_mille social_engagement_rate | ratio | sum | dwm | c
sessions | count | sum | dwm | ckhta
visitors active_users | count | distinct | dwm | ka
new_visitors lead_count | count | sum | dwm | ka
engaged_session_rate bounce_rate conversion_rate checkout_completion_rate \
| ratio | sum | dwm | ckhta
stickiness | ratio | none | m | ka
email_open_rate email_click_rate unsubscribe_rate | ratio | sum | dwm | khta
nps | ratio | distinct | dwm | ka
csat review_average survey_response_rate | ratio | sum | dwm | khta
review_count shares_count | count | sum | dwm | khta
trial_to_paid_rate cart_abandonment_rate cart_recovery_rate lead_to_customer_rate_90d \
onboarding_completion_rate_30d feature_adoption_rate_30d sessions_per_first_order \
| ratio | sum | dwm | ka
coupon_order_share | ratio | sum | dwm | ckhta
chat_answer_rate chat_response_minutes self_service_rate repeat_contact_rate_7d \
| ratio | sum | dwm | khta
loyalty_points_balance | count | stock | dwm | ka
cart_value_abandoned | count | sum | dwm | ka
orders gross_revenue refunded_amount net_revenue affiliate_revenue affiliate_commission \
| count | sum | dwm | ckhta
average_order_value net_average_order_value units_per_order discount_rate refund_rate \
refunded_amount_rate on_time_delivery_rate guest_order_share | ratio | sum | dwm | ckhta
median_order_value | median | none | dwm | ckhta
median_days_to_first_order | median | none | dwm | ka
new_customers | count | sum | dwm | cka
customer_acquisition_cost marketing_efficiency_ratio | ratio | sum | dwm | -
cac_payback_months | median | none | m | -
return_on_ad_spend | ratio | none | dwm | c
active_customers_start active_customers_end mrr | count | stock | dwm | ka
active_customers_gained active_customers_reactivated active_customers_lost \
active_customers_voided | count | none | dwm | ka
retention_rate churn_rate reactivation_rate at_risk_recovery_rate at_risk_share lapsed_share \
| ratio | none | dwm | ka
repeat_purchase_rate returning_customer_rate | ratio | distinct | wm | ka
orders_per_customer loyalty_participation_rate cross_sell_rate | ratio | distinct | dwm | ka
second_order_rate_90d average_revenue_to_date average_margin_to_date referral_rate \
average_days_between_orders | ratio | sum | dwm | ka
reactivations | count | sum | dwm | ka
new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr | count | none | dwm | ka
gross_mrr_churn_rate net_revenue_retention gross_revenue_retention quick_ratio \
| ratio | none | dwm | ka
tickets_per_100_orders first_response_hours resolution_hours points_redeemed_to_earned \
| ratio | sum | dwm | khta
revenue_share_top_20 | ratio | none | m | -
invite_conversion_rate | ratio | sum | dwm | khta
viral_coefficient | ratio | none | dwm | ka
stage_population | count | stock | dwm | f
stage_entries stage_exits | count | sum | dwm | f
stage_conversion_rate_90d | ratio | sum | dwm | f
median_days_in_stage | median | none | dwm | f
predicted_clv | ratio | none | m | k
ltv_to_cac | ratio | none | m | -
"""

# Days until a unit's part is final, for the KPIs whose definition names them.
MATURITY = {
    "email_open_rate": "7",
    "email_click_rate": "7",
    "unsubscribe_rate": "7",
    "conversion_rate": "1",
    "checkout_completion_rate": "1",
    "trial_to_paid_rate": "30",
    "survey_response_rate": "30",
    "invite_conversion_rate": "30",
    "viral_coefficient": "30",
    "onboarding_completion_rate_30d": "30",
    "feature_adoption_rate_30d": "30",
    "chat_answer_rate": "1",
    "chat_response_minutes": "1",
    "self_service_rate": "1",
    "repeat_contact_rate_7d": "7",
    "lead_to_customer_rate_90d": "90",
    "second_order_rate_90d": "90",
    "stage_conversion_rate_90d": "90",
    # These follow from the data: an open cart, a spend not yet earned back, a short history.
    "cart_abandonment_rate": "",
    "cart_recovery_rate": "",
    "cart_value_abandoned": "",
    "cac_payback_months": "",
    "revenue_share_top_20": "",
    "predicted_clv": "",
}

TOPICS = {
    "discovery",
    "sessions",
    "audience",
    "messages",
    "surveys",
    "trials",
    "carts",
    "orders",
    "predictions",
    "customers",
    "acquisition",
    "active_customers",
    "retention",
    "mrr",
    "support",
    "value",
    "referrals",
    "affiliates",
    "reviews",
    "stages",
}

GRAINS = {"d": "day", "w": "week", "m": "month"}
DIMENSIONS = {"c": "channel", "k": "country", "h": "health", "t": "stage", "a": "account"}
TABLE_SIGNALS = {
    *("any", "visit", "order", "revenue", "delivery", "refund", "lead", "purchase", "subscribed"),
}


def read_seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a shipped seed, every cell as text."""
    with (RULES_DIR / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows, f"the seed {name} is empty"
    return rows


def literal_lines(text: str) -> list[str]:
    """Return the non-blank lines of a specification literal."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def specified_groups() -> list[tuple[str, str]]:
    """Return (kpi, stage group) in the order of the specification."""
    pairs = [line.split(": ", 1) for line in literal_lines(GROUPS)]
    return [(kpi, group) for group, kpis in pairs for kpi in kpis.split()]


def specified_shapes() -> dict[str, tuple[str, str, str, str]]:
    """Return kind, additivity, grains and dimensions by KPI, in the catalogue's words."""
    shapes: dict[str, tuple[str, str, str, str]] = {}
    for line in literal_lines(SHAPES):
        kpis, kind, additive, grains, letters = line.split(" | ")
        if letters == "f":
            dimensions = "stage:<framework>"
        else:
            dimensions = "|".join(["all", *(DIMENSIONS[x] for x in letters.strip("-"))])
        for kpi in kpis.split():
            assert kpi not in shapes, f"{kpi} stands twice in the table"
            named = [GRAINS[x] for x in grains] + ["quarter", "year"]
            shapes[kpi] = (kind, additive, "|".join(named), dimensions)
    return shapes


def test_the_two_tables_of_the_specification_name_the_same_kpis() -> None:
    grouped = [kpi for kpi, _ in specified_groups()]
    assert len(grouped) == len(set(grouped)) == 114
    assert set(grouped) == set(specified_shapes())


def test_the_catalogue_holds_every_kpi_once_in_its_stage_group() -> None:
    rows = read_seed("kpis")
    assert list(rows[0]) == COLUMNS
    assert [(row["kpi"], row["stage_group"]) for row in rows] == specified_groups()


def test_additivity_grains_and_dimensions_are_those_of_the_specification() -> None:
    shipped = {
        row["kpi"]: (row["additive"], row["grains"], row["dimensions"]) for row in read_seed("kpis")
    }
    assert shipped == {kpi: shape[1:] for kpi, shape in specified_shapes().items()}


def test_only_ratios_have_a_denominator() -> None:
    shapes = specified_shapes()
    for row in read_seed("kpis"):
        assert row["numerator"], row["kpi"]
        assert bool(row["denominator"]) == (shapes[row["kpi"]][0] == "ratio"), row["kpi"]


def test_maturity_is_that_of_the_definition_and_zero_elsewhere() -> None:
    for row in read_seed("kpis"):
        assert row["maturity_days"] == MATURITY.get(row["kpi"], "0"), row["kpi"]


def test_titles_are_told_apart_and_definitions_are_sentences() -> None:
    rows = read_seed("kpis")
    for column in ("title", "title_it"):
        repeated = [title for title, n in Counter(row[column] for row in rows).items() if n > 1]
        assert repeated == []
    for row in rows:
        assert row["title"], row["kpi"]
        assert row["title_it"], row["kpi"]
        assert re.fullmatch(r"[A-Z].{20,}\.", row["definition"]), row["kpi"]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            "unit",
            {"count", "money", "share", "ratio", "score", "days", "hours", "minutes", "months"},
        ),
        ("direction", {"up", "down", "none"}),
    ],
)
def test_cells_use_the_words_that_the_description_lists(column: str, words: set[str]) -> None:
    assert {row[column] for row in read_seed("kpis")} == words


def test_restates_lists_known_causes_in_one_order() -> None:
    causes = ["cancellation", "refund", "link", "late_row", "time"]
    for row in read_seed("kpis"):
        named = row["restates"].split("|")
        assert named == [cause for cause in causes if cause in named], row["kpi"]
        assert "late_row" in named, row["kpi"]


def test_stocks_are_never_restated_by_a_cancellation_or_a_refund() -> None:
    stocks = [row for row in read_seed("kpis") if row["additive"] == "stock"]
    assert len(stocks) == 6
    for row in stocks:
        assert not {"cancellation", "refund"} & set(row["restates"].split("|")), row["kpi"]


def test_every_rate_is_a_share_but_those_that_odd_numbers_of_a_source_take_beyond_one() -> None:
    rates = [row for row in read_seed("kpis") if "_rate" in row["kpi"]]
    assert len(rates) > 20
    assert [row["kpi"] for row in rates if row["unit"] != "share"] == [
        "click_through_rate",
        "social_engagement_rate",
        "refunded_amount_rate",
    ]


def contract_columns() -> set[str]:
    """Return every `table.column` of the raw contract."""
    contract = yaml.safe_load(RAW_CONTRACT.read_text(encoding="utf-8"))
    return {
        f"{table['name']}.{column['name']}"
        for source in contract["sources"]
        for table in source["tables"]
        for column in table["columns"]
    }


def test_every_column_that_a_kpi_needs_is_looked_at_and_no_other() -> None:
    needed = {
        term.removeprefix("column:")
        for row in read_seed("kpis")
        for required in row["inputs"].split("|")
        for term in required.split(" or ")
        if term.startswith("column:")
    }
    model = (KPI_MODELS / "int_kpi_inputs.sql").read_text(encoding="utf-8")
    lists = " ".join(re.findall(r"{% set \w+ = \[(.*?)\] %}", model, re.DOTALL))
    looked_at = {*re.findall(r"'(.*?)'", lists), *re.findall(r"'column:(\w+\.\w+)'", model)}
    assert len(needed) > 15
    assert looked_at == needed


def test_inputs_follow_their_grammar_and_name_signals_and_columns_that_exist() -> None:
    signals = {row["signal"] for row in read_seed("event_signals")} | TABLE_SIGNALS
    known = {f"signal:{name}" for name in signals}
    known |= {f"column:{name}" for name in contract_columns()}
    terms = {
        (row["kpi"], term)
        for row in read_seed("kpis")
        for required in row["inputs"].split("|")
        for term in required.split(" or ")
    }
    assert len(terms) > 113
    assert {pair for pair in terms if pair[1] not in known} == set()


def test_every_kpi_names_the_model_of_its_topic() -> None:
    models = {row["model"] for row in read_seed("kpis")}
    assert models == {f"int_kpi_{topic}" for topic in TOPICS}


def test_a_topic_speaks_of_the_kpis_that_name_it_and_of_no_others() -> None:
    for model in {row["model"] for row in read_seed("kpis")}:
        sql = (KPI_MODELS / f"{model}.sql").read_text(encoding="utf-8")
        spoken = set(re.findall(r"'([a-z0-9_]+)'", sql))
        named = {row["kpi"] for row in read_seed("kpis") if row["model"] == model}
        assert named <= spoken, model
        others = {row["kpi"] for row in read_seed("kpis")} - named
        # Two signals and two columns have the name of a KPI.
        assert spoken & others <= {"nps", "csat"}, model


def test_how_rows_become_one_number_is_the_first_word_of_the_numerator() -> None:
    told = {
        row["kpi"]: row["numerator"].partition(" ")[0]
        for row in read_seed("kpis")
        if row["numerator"].partition(" ")[0] in {"median", "largest", "mean"}
    }
    assert told == {
        "median_order_value": "median",
        "median_days_to_first_order": "median",
        "median_days_in_stage": "median",
        "podcast_listeners": "largest",
        "stickiness": "mean",
    }


def test_a_kpi_matures_when_its_window_is_over() -> None:
    days = {row["kpi"]: row["maturity_days"] for row in read_seed("kpis")}
    windows = {row["name"]: row["value"] for row in read_seed("kpi_windows")}
    assert all(row["rationale"].endswith(".") for row in read_seed("kpi_windows"))
    for window, kpis in {
        "message_reaction_days": ("email_open_rate", "email_click_rate", "unsubscribe_rate"),
        "survey_answer_days": ("survey_response_rate",),
        "trial_payment_days": ("trial_to_paid_rate",),
        "second_order_days": ("second_order_rate_90d",),
        "stage_advance_days": ("stage_conversion_rate_90d",),
        "invitation_conversion_days": ("invite_conversion_rate", "viral_coefficient"),
    }.items():
        assert {days[kpi] for kpi in kpis} == {windows[window]}, window


def test_the_channel_map_is_lower_case_and_has_each_pair_once() -> None:
    rows = read_seed("channel_map")
    pairs = Counter((row["source"], row["medium"]) for row in rows)
    assert [pair for pair, n in pairs.items() if n > 1] == []
    for row in rows:
        assert row["channel"], row
        assert list(row.values()) == [cell.strip().lower() for cell in row.values()], row


def test_every_channel_can_be_named_by_its_own_name_alone() -> None:
    rows = read_seed("channel_map")
    plain = {row["source"]: row["channel"] for row in rows if row["medium"] == ""}
    channels = {row["channel"] for row in rows}
    assert len(channels) > 10
    assert {name for name in channels if plain.get(name) != name} == set()


def test_a_source_with_a_medium_also_stands_alone_in_the_channel_map() -> None:
    rows = read_seed("channel_map")
    with_medium = {row["source"] for row in rows if row["medium"]}
    assert "google" in with_medium
    assert with_medium <= {row["source"] for row in rows if row["medium"] == ""}


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("google", "cpc", "paid_search"),
        ("google", "organic", "organic_search"),
        ("google", "", "paid_search"),
        ("facebook", "paid_social", "paid_social"),
        ("facebook", "", "social"),
        ("newsletter", "", "email"),
        ("podcast", "", "podcast"),
        ("", "", "direct"),
    ],
)
def test_the_channel_map_knows_the_common_pairs(source: str, medium: str, channel: str) -> None:
    channels = {(row["source"], row["medium"]): row["channel"] for row in read_seed("channel_map")}
    assert channels[source, medium] == channel


def test_targets_name_kpis_grains_and_dimensions_of_the_catalogue() -> None:
    catalogue = {row["kpi"]: row for row in read_seed("kpis")}
    targets = read_seed("kpi_targets")
    keys = {(t["kpi"], t["period_grain"], t["dimension"], t["dimension_value"]) for t in targets}
    assert len(keys) == len(targets) >= 10
    for target in targets:
        kpi = catalogue[target["kpi"]]
        assert target["period_grain"] in kpi["grains"].split("|")
        assert target["dimension"] in kpi["dimensions"].split("|")
        assert target["direction"] == kpi["direction"]
        assert target["owner"]
        assert (target["dimension"] == "all") == (target["dimension_value"] == "all")


def test_a_target_for_a_share_lies_between_zero_and_one() -> None:
    units = {row["kpi"]: row["unit"] for row in read_seed("kpis")}
    shares = [t for t in read_seed("kpi_targets") if units[t["kpi"]] == "share"]
    assert shares
    assert all(0 < Decimal(target["target"]) < 1 for target in shares)
