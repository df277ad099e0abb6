"""The shipped lifecycle seeds say what the specification says, row for row.

What belongs here: the tables of the specification as compact literals, and the laws that hold
within the shipped rows. What does not: whether a user's own rows are sound (rules.py decides that
and its tests prove it), and the KPI catalogue (test_kpi_catalogue.py).
"""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from orchestration.rules.event_signals import folded_name
from orchestration.rules.rule_set import read_rules

RULES_DIR = Path(__file__).resolve().parents[2] / "seeds" / "rules"

LIFECYCLE_SEEDS = [
    "event_signals",
    "excluded_ids",
    "framework_stages",
    "frameworks",
    "health_policy",
    "rule_conditions",
    "rules",
    "stage_rules",
]

# framework: subject type, stages in order (* = optional)
FRAMEWORKS = """
discovery_to_advocacy | person | discovery, engagement, conversion, retention, loyalty, advocacy
lifecycle_management | person | reach, acquisition, conversion, retention, loyalty
customer_cycle | person | reach, acquisition, development, retention, loyalty
experience | person | awareness, engagement*, evaluation, purchase, \
product_and_support_experience, bonding
consumer_journey | person | awareness, deliberation, decision, purchase, post_purchase
lifecycle_marketing | person | attract, convert, fulfil, retain, advocate
customer_marketing | person | acquisition, onboarding, engagement, retention, advocacy
classic_five | person | awareness, consideration, conversion, retention, advocacy
four_stage | person | acquisition, onboarding, engagement, retention
six_stage | person | awareness, consideration, purchase, retention, advocacy, loyalty
b2b | account | awareness, consideration, decision, implementation, retention, advocacy
"""

# Titles of the documents that frameworks come from, with those that come from each.
SOURCES = {
    "A guide to customer lifecycle marketing and its management": "discovery_to_advocacy",
    "Managementul ciclului de viață al clienților": "lifecycle_management",
    "Ciclo di vita del cliente: fasi e gestione del Lifecycle": "customer_cycle",
    "Quali sono le fasi del ciclo di vita del cliente?": "experience",
    "Lifecycle marketing: significato, strategia, modello, manager e customer marketing": (
        "consumer_journey lifecycle_marketing customer_marketing classic_five four_stage six_stage "
        "b2b"
    ),
}

# rule: signal measure[/window] range; further conditions after a semicolon
RULES = """
seen: any count >= 1
returning_visitor: visit count/30 >= 2
content_engaged: content_engagement count/60 >= 1
socially_engaged: social_interaction count/60 >= 1
lead_captured: lead count/365 >= 1
product_interest: product_view count/30 >= 2
cart_active: cart_add count/14 >= 1
checkout_active: checkout count/7 >= 1
trial_active: trial_start count/30 >= 1
quote_open: quote count/60 >= 1
contract_signed: contract count >= 1
has_purchased: purchase count >= 1
won_back: reactivation count/30 >= 1
order_in_fulfilment: open_order count >= 1
order_settled: purchase count >= 1; open_order count < 1
engaged_customer_visit: purchase count >= 1; visit count/30 >= 1
engaged_customer_use: purchase count >= 1; feature_use count/30 >= 3
supported_customer: purchase count >= 1; support_contact count/90 >= 1
implementing_purchase: purchase days_since_first < 90; onboarding_complete count < 1
implementing_contract: contract days_since_first < 90; onboarding_complete count < 1
established_purchase: purchase days_since_first >= 90
onboarded: onboarding_complete count >= 1; purchase count >= 1
renewed: subscription_renewal count/400 >= 1
repeat_customer: purchase days/400 >= 2
retained_subscriber: subscribed count >= 1; purchase days >= 2
loyal_by_frequency: order days/365 >= 4
loyal_by_value: revenue sum/365 >= 500; order days/365 >= 2
loyal_by_tenure: purchase days_since_first >= 365; purchase days/400 >= 2
loyal_subscriber: purchase days_since_first >= 365; subscribed count >= 1
loyalty_member: loyalty_join count >= 1; purchase days/400 >= 2
advocate_referrer: referral_converted count/365 >= 1
advocate_promoter: nps latest/365 >= 9; purchase count >= 1
advocate_reviewer: review latest/365 >= 4; purchase count >= 1
advocate_sharer: product_share count/180 >= 2; purchase count >= 1
"""

RULE_GROUPS = {
    "<interest>": "returning_visitor content_engaged socially_engaged lead_captured "
    "product_interest",
    "<intent>": "cart_active checkout_active trial_active quote_open",
    "<retained>": "repeat_customer retained_subscriber",
    "<loyal>": "loyal_by_frequency loyal_by_value loyal_by_tenure loyal_subscriber loyalty_member",
    "<advocates>": "advocate_referrer advocate_promoter advocate_reviewer advocate_sharer",
}

# framework: one stage per semicolon, in order
STAGE_RULES = """
discovery_to_advocacy: discovery seen; engagement <interest> <intent>; \
conversion has_purchased won_back; retention <retained>; loyalty <loyal>; advocacy <advocates>
lifecycle_management: reach seen; acquisition <interest> <intent>; conversion has_purchased; \
retention <retained>; loyalty <loyal> <advocates>
customer_cycle: reach seen; acquisition <interest> <intent>; development has_purchased; \
retention <retained>; loyalty <loyal> <advocates>
experience: awareness seen; engagement content_engaged socially_engaged lead_captured; \
evaluation product_interest cart_active trial_active; \
purchase checkout_active order_in_fulfilment; \
product_and_support_experience order_settled supported_customer; \
bonding <retained> <advocates>
consumer_journey: awareness seen; deliberation <interest>; decision <intent>; \
purchase order_in_fulfilment; post_purchase order_settled
lifecycle_marketing: attract seen; convert <interest> <intent>; fulfil order_in_fulfilment; \
retain order_settled <retained>; advocate <advocates>
customer_marketing: acquisition seen; onboarding has_purchased; \
engagement engaged_customer_visit engaged_customer_use; retention <retained>; \
advocacy <advocates>
classic_five: awareness seen; consideration <interest> <intent>; conversion has_purchased; \
retention <retained>; advocacy <advocates>
four_stage: acquisition seen; onboarding has_purchased; \
engagement engaged_customer_visit engaged_customer_use; retention <retained>
six_stage: awareness seen; consideration <interest> <intent>; purchase has_purchased; \
retention <retained>; advocacy <advocates>; loyalty <loyal>
b2b: awareness seen; consideration <interest> trial_active; \
decision quote_open contract_signed has_purchased; \
implementation implementing_purchase implementing_contract; \
retention established_purchase onboarded renewed; advocacy <advocates>
"""

EVENT_NAMES = """
content_engagement: Content Viewed, Article Read, Podcast Played, Video Played, \
Webinar Attended, content_view, video_start
social_interaction: Social Followed, Social Liked, Social Commented, Social Shared
lead: Signed Up, Account Created, Lead Submitted, Newsletter Subscribed, sign_up, generate_lead, \
Subscribed to Email Marketing, Subscribed to List
product_search: Products Searched, search, view_search_results
product_view: Product Viewed, view_item, Viewed Product, product_view
cart_add: Product Added, add_to_cart, Added to Cart
checkout: Checkout Started, begin_checkout, Started Checkout, checkout_step
trial_start: Trial Started
trial_end: Trial Ended
subscription_start: Subscription Started
subscription_renewal: Subscription Renewed
subscription_change: Subscription Changed
subscription_cancel: Subscription Cancelled
payment_failed: Payment Failed, Invoice Payment Failed
help_view: Help Article Viewed, FAQ Viewed
quote: Quote Requested
contract: Contract Signed
onboarding_complete: Onboarding Completed
feature_use: Feature Used
support_contact: Ticket Opened, Chat Started
ticket_response: Ticket First Response
support_resolution: Ticket Resolved
chat_answer: Chat Answered
page_view: Page Viewed, page_view
survey_sent: Survey Sent
nps: NPS Answered
csat: CSAT Answered
review: Review Posted, Product Reviewed
product_share: Product Shared, share
referral_sent: Referral Sent, Invite Sent
referral_converted: Referral Converted
loyalty_join: Loyalty Joined
points_earned: Points Earned
points_redeemed: Points Redeemed
email_delivered: Email Delivered, Received Email
email_opened: Email Opened, Opened Email
email_clicked: Email Link Clicked, Email Clicked, Clicked Email
email_unsubscribed: Email Unsubscribed, Unsubscribed, \
Unsubscribed from Email Marketing, Unsubscribed from List
"""

# What servers, mail tools and support desks report; the names after the blank line feed nothing.
NOT_VISITS = """
Podcast Played, Social Followed, Social Liked, Social Commented, Social Shared
Subscription Started, Subscription Renewed, Subscription Changed, Subscription Cancelled
Payment Failed, Invoice Payment Failed, Trial Ended, Contract Signed
Ticket Opened, Ticket First Response, Ticket Resolved, Chat Answered
Survey Sent, NPS Answered, CSAT Answered, Referral Converted, Points Earned, Points Redeemed
Email Delivered, Received Email, Email Opened, Opened Email, Email Link Clicked, Email Clicked
Clicked Email, Email Unsubscribed, Unsubscribed, Unsubscribed from Email Marketing
Unsubscribed from List, Subscribed to Email Marketing, Subscribed to List
Viewed Product, Added to Cart, Started Checkout

Order Updated, Order Shipped, Order Delivered, Order Cancelled, Order Refunded, refund
Identify, $identify, $set, $create_alias, $feature_flag_called
Placed Order, Ordered Product, Fulfilled Order, Cancelled Order, Refunded Order
"""

KEY_EVENT_SIGNALS = {
    "lead",
    "checkout",
    "trial_start",
    "subscription_start",
    "quote",
    "contract",
    "referral_sent",
    "loyalty_join",
}

# The page names the four subscription signals; cart_add joins them because its value is summed as
# an amount of money (cart_value_abandoned), and unlike currencies must not be added up.
MONEY_SIGNALS = {
    "cart_add",
    "subscription_start",
    "subscription_renewal",
    "subscription_change",
    "subscription_cancel",
}

# Signals that come from other tables than events (docs/lifecycle_semantics.md#signals), and `any`.
TABLE_SIGNALS = {
    "any",
    "visit",
    "order",
    "revenue",
    "open_order",
    "delivery",
    "refund",
    "reactivation",
    "purchase",
    "subscribed",
    "lead",
}

PRESETS = {
    "grocery": ("21", "180"),
    "beauty": ("60", "180"),
    "fashion": ("90", "180"),
    "electronics": ("180", "365"),
    "home": ("150", "365"),
    "monthly_plan": ("31", "180"),
    "yearly_plan": ("365", "365"),
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


def stage_key(row: dict[str, str]) -> tuple[str, str]:
    """Return what identifies a stage."""
    return row["framework"], row["stage"]


def condition_notation(row: dict[str, str]) -> str:
    """Write a condition the way the specification does."""
    window = f"/{row['window_days']}" if row["window_days"] else ""
    bounds = [f">= {row['at_least']}"] if row["at_least"] else []
    bounds += [f"< {row['below']}"] if row["below"] else []
    return " ".join([row["signal"], row["measure"] + window, *bounds])


def test_every_lifecycle_seed_ships_with_a_description_beside_it() -> None:
    for name in LIFECYCLE_SEEDS:
        assert (RULES_DIR / f"{name}.csv").is_file()
        assert (RULES_DIR / f"{name}.yml").is_file()


def test_the_frameworks_are_the_eleven_of_the_specification() -> None:
    specified = [tuple(line.split(" | ")) for line in literal_lines(FRAMEWORKS)]
    assert len(specified) == 11
    stages: dict[str, list[str]] = {}
    for row in read_seed("framework_stages"):
        mark = {"true": "*", "false": ""}[row["is_optional"]]
        stages.setdefault(row["framework"], []).append(row["stage"] + mark)
    shipped = [
        (row["framework"], row["subject_type"], ", ".join(stages[row["framework"]]))
        for row in read_seed("frameworks")
    ]
    assert shipped == specified
    assert set(stages) == {framework for framework, *_ in specified}


def test_the_source_of_a_framework_is_the_title_of_its_document() -> None:
    specified = {name: title for title, names in SOURCES.items() for name in names.split()}
    assert {row["framework"]: row["source"] for row in read_seed("frameworks")} == specified


def test_discovery_to_advocacy_is_the_only_default_framework() -> None:
    flags = {row["framework"]: row["is_default"] for row in read_seed("frameworks")}
    assert set(flags.values()) == {"true", "false"}
    assert [name for name, flag in flags.items() if flag == "true"] == ["discovery_to_advocacy"]


def test_ordinals_run_from_one_without_holes() -> None:
    ordinals: dict[str, list[int]] = {}
    for row in read_seed("framework_stages"):
        ordinals.setdefault(row["framework"], []).append(int(row["ordinal"]))
    assert len(ordinals) == 11
    for framework, numbers in ordinals.items():
        assert numbers == list(range(1, len(numbers) + 1)), framework


@pytest.mark.parametrize("column", ["label", "label_it"])
def test_stage_labels_are_told_apart_within_a_framework(column: str) -> None:
    labels = Counter((row["framework"], row[column]) for row in read_seed("framework_stages"))
    assert "" not in {label for _, label in labels}
    assert [key for key, times in labels.items() if times > 1] == []


def test_the_rules_are_those_of_the_specification() -> None:
    specified = dict(line.split(": ", 1) for line in literal_lines(RULES))
    assert len(specified) == 34
    conditions: dict[str, list[str]] = {}
    for row in read_seed("rule_conditions"):
        conditions.setdefault(row["rule"], []).append(condition_notation(row))
    assert {rule: "; ".join(parts) for rule, parts in conditions.items()} == specified


def test_condition_numbers_run_from_one_within_a_rule() -> None:
    numbers: dict[str, list[int]] = {}
    for row in read_seed("rule_conditions"):
        numbers.setdefault(row["rule"], []).append(int(row["condition_no"]))
    for rule, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), rule


def test_every_rule_in_use_has_one_row_with_a_rationale() -> None:
    rationales = {row["rule"]: row["rationale"] for row in read_seed("rules")}
    assert len(rationales) == len(read_seed("rules"))
    in_use = {row["rule"] for row in read_seed("stage_rules")}
    assert in_use == set(rationales) == {row["rule"] for row in read_seed("rule_conditions")}
    for rule, rationale in rationales.items():
        assert re.fullmatch(r"[A-Z].{20,}\.", rationale), rule


def test_the_stages_are_granted_by_the_rules_of_the_specification() -> None:
    specified: list[tuple[str, str, str]] = []
    for line in literal_lines(STAGE_RULES):
        framework, stages = line.split(": ", 1)
        for part in stages.split(";"):
            stage, *names = part.split()
            rules = " ".join(RULE_GROUPS.get(name, name) for name in names).split()
            specified += [(framework, stage, rule) for rule in rules]
    shipped = [(*stage_key(row), row["rule"]) for row in read_seed("stage_rules")]
    assert sorted(shipped) == sorted(specified)
    assert len(set(shipped)) == len(shipped)


def test_every_stage_has_a_rule_and_every_granted_stage_exists() -> None:
    stages = {stage_key(row) for row in read_seed("framework_stages")}
    assert {stage_key(row) for row in read_seed("stage_rules")} == stages


def test_the_lowest_stage_of_every_framework_is_granted_by_seen_alone() -> None:
    lowest = {stage_key(row) for row in read_seed("framework_stages") if row["ordinal"] == "1"}
    assert len(lowest) == 11
    granted = [row["rule"] for row in read_seed("stage_rules") if stage_key(row) in lowest]
    assert granted == ["seen"] * 11


def test_event_names_feed_the_signals_of_the_specification() -> None:
    specified = [
        (name, signal)
        for signal, names in (line.split(": ", 1) for line in literal_lines(EVENT_NAMES))
        for name in names.split(", ")
    ]
    assert len(specified) == 78
    rows = read_seed("event_signals")
    shipped = [(row["event_name"], row["signal"]) for row in rows if row["signal"]]
    assert sorted(shipped) == sorted(specified)


def test_a_shipped_name_stands_once_however_it_is_spelled_and_has_no_condition() -> None:
    rows = read_seed("event_signals")
    names = Counter(folded_name(row["event_name"]) for row in rows)
    # GA4's page_view and Segment's Page Viewed are two names; $identify is Identify.
    assert {name: times for name, times in names.items() if times > 1} == {"identify": 2}
    assert not any(row["property"] or row["operator"] or row["operand"] for row in rows)


# "All e-mail events" are no visits, and nobody opened this one.
OPENED_BY_MACHINES = ("Machine Opened Email",)
# Names of tools that feed no signal and that nobody has to be told of; an order counts by its row.
KNOWN_VISITS = (
    *("Order Completed", "Product List Viewed", "Product Removed", "list_view", "promo_view"),
    *("purchase", "remove_from_cart", "transaction", "view_item_list"),
)


def test_what_servers_report_is_no_visit() -> None:
    listed, blank = ([], [])
    for part, names in zip((listed, blank), NOT_VISITS.split("\n\n"), strict=True):
        part += [name.strip() for line in literal_lines(names) for name in line.split(",")]
    rows = read_seed("event_signals")
    assert {row["is_visit"] for row in rows} == {"true", "false"}
    shipped = [row["event_name"] for row in rows if row["is_visit"] == "false"]
    assert sorted(shipped) == sorted([*listed, *blank, *OPENED_BY_MACHINES])
    quiet = [row["event_name"] for row in rows if not row["signal"]]
    assert sorted(quiet) == sorted([*blank, *OPENED_BY_MACHINES, *KNOWN_VISITS])


def test_key_events_and_money_signals_are_those_of_the_specification() -> None:
    rows = read_seed("event_signals")
    for column, signals in (("is_key_event", KEY_EVENT_SIGNALS), ("is_money", MONEY_SIGNALS)):
        assert {row[column] for row in rows} == {"true", "false"}
        wrong = [row for row in rows if (row[column] == "true") != (row["signal"] in signals)]
        assert wrong == [], column


def test_only_product_reviewed_takes_its_value_from_a_property() -> None:
    properties = {
        row["event_name"]: row["value_property"]
        for row in read_seed("event_signals")
        if row["value_property"]
    }
    assert properties == {"Product Reviewed": "rating"}


def test_conditions_measure_signals_that_exist() -> None:
    known = {row["signal"] for row in read_seed("event_signals")} | TABLE_SIGNALS
    assert {row["signal"] for row in read_seed("rule_conditions")} <= known


def test_the_health_policy_is_the_one_of_the_specification() -> None:
    assert read_seed("health_policy") == [
        {
            "key": "default",
            "prior_gap_days": "60",
            "prior_weight": "3",
            "log_gap_sigma": "0.9",
            "at_risk_quantile": "0.80",
            "z_at_risk": "0.841621",
            "lapsed_quantile": "0.95",
            "z_lapsed": "1.644854",
            "min_days": "7",
            "max_days": "730",
            "cold_after_days": "180",
            "at_risk_after_days": "",
            "lapsed_after_days": "",
        }
    ]


@pytest.mark.parametrize("sector", PRESETS)
def test_a_preset_changes_the_prior_gap_and_the_patience_with_prospects(sector: str) -> None:
    rules = read_rules(RULES_DIR.parent / "presets" / sector)
    assert rules.overridden == ("health_policy.patch.csv",)
    gap, cold = PRESETS[sector]
    (shipped,) = read_seed("health_policy")
    (row,) = rules.seeds["health_policy.csv"].rows
    assert row.values == {**shipped, "prior_gap_days": gap, "cold_after_days": cold}


def test_there_is_a_preset_for_each_sector_and_no_other() -> None:
    found = {path.name for path in (RULES_DIR.parent / "presets").iterdir()}
    assert found == set(PRESETS)


def test_excluded_ids_are_those_of_the_specification_in_lower_case() -> None:
    specified = {
        *("0", "null", "undefined", "none", "nan", "n/a", "-", "true", "guest", "anonymous"),
        *("unknown", "(not set)", "not_authenticated", "[object object]"),
        "00000000-0000-0000-0000-000000000000",
    }
    rows = read_seed("excluded_ids")
    assert list(rows[0]) == ["id", "reason"]
    assert {row["id"] for row in rows} == specified
    assert len(rows) == len(specified)
    assert all(row["reason"] for row in rows)
