"""The catalogue of KPIs as the page writes it, and the seeds that only KPIs read.

Belongs here: grains, dimensions, maturity and inputs of each KPI, and how a channel is found. Does
not belong here: what a KPI counts (the topic modules). The shipped ``kpis.csv`` is not read: it is
judged by this.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.reference.world import Event

UNKNOWN, DIRECT, REFERRAL = "unknown", "direct", "referral"
UTM_COLUMNS = ("utm_source", "utm_medium", "utm_campaign")
# They need a model of what customers will be worth: tests/reference/value/foreseen.py.
OF_MODELS = frozenset({"predicted_clv", "ltv_to_cac"})

COUNT, RATIO, MEDIAN = "count", "ratio", "median"
DAYS, WEEKS, MONTHS = "day week month", "week month", "month"
EVERY = "channel country health stage account"
PERSONAL = "country health stage account"
PLAIN = "country account"

# kind, grains, dimensions beside `all`, and the KPIs of which they are true.
SHAPES = (
    (
        *(COUNT, DAYS, "channel"),
        "impressions clicks spend podcast_downloads social_interactions net_new_followers "
        "podcast_listeners reach followers",
    ),
    (
        *(RATIO, DAYS, "channel"),
        "click_through_rate cost_per_click cost_per_mille social_engagement_rate "
        "return_on_ad_spend",
    ),
    (COUNT, DAYS, EVERY, "sessions"),
    (COUNT, DAYS, PLAIN, "visitors active_users new_visitors lead_count"),
    (
        *(RATIO, DAYS, EVERY),
        "engaged_session_rate bounce_rate conversion_rate checkout_completion_rate "
        "coupon_order_share",
    ),
    (RATIO, MONTHS, PLAIN, "stickiness"),
    (RATIO, DAYS, PERSONAL, "email_open_rate email_click_rate unsubscribe_rate"),
    (RATIO, DAYS, PLAIN, "nps"),
    (RATIO, DAYS, PERSONAL, "csat review_average survey_response_rate"),
    (COUNT, DAYS, PERSONAL, "review_count shares_count"),
    (
        *(RATIO, DAYS, PLAIN),
        "trial_to_paid_rate cart_abandonment_rate cart_recovery_rate lead_to_customer_rate_90d "
        "onboarding_completion_rate_30d feature_adoption_rate_30d sessions_per_first_order",
    ),
    (
        *(RATIO, DAYS, PERSONAL),
        "chat_answer_rate chat_response_minutes self_service_rate repeat_contact_rate_7d",
    ),
    (COUNT, DAYS, PLAIN, "loyalty_points_balance cart_value_abandoned"),
    (
        *(COUNT, DAYS, EVERY),
        "orders gross_revenue refunded_amount net_revenue affiliate_revenue affiliate_commission",
    ),
    (
        *(RATIO, DAYS, EVERY),
        "average_order_value net_average_order_value units_per_order discount_rate refund_rate "
        "refunded_amount_rate on_time_delivery_rate guest_order_share",
    ),
    (MEDIAN, DAYS, EVERY, "median_order_value"),
    (MEDIAN, DAYS, PLAIN, "median_days_to_first_order"),
    (COUNT, DAYS, "channel country account", "new_customers"),
    (RATIO, DAYS, "", "customer_acquisition_cost marketing_efficiency_ratio"),
    (MEDIAN, MONTHS, "", "cac_payback_months"),
    (
        *(COUNT, DAYS, PLAIN),
        "active_customers_start active_customers_end mrr active_customers_gained "
        "active_customers_reactivated active_customers_lost active_customers_voided",
    ),
    (
        *(RATIO, DAYS, PLAIN),
        "retention_rate churn_rate reactivation_rate at_risk_recovery_rate at_risk_share "
        "lapsed_share",
    ),
    (RATIO, WEEKS, PLAIN, "repeat_purchase_rate returning_customer_rate"),
    (RATIO, DAYS, PLAIN, "orders_per_customer loyalty_participation_rate cross_sell_rate"),
    (
        *(RATIO, DAYS, PLAIN),
        "second_order_rate_90d average_revenue_to_date average_margin_to_date referral_rate "
        "average_days_between_orders",
    ),
    (COUNT, DAYS, PLAIN, "reactivations"),
    (
        *(COUNT, DAYS, PLAIN),
        "new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr",
    ),
    (
        *(RATIO, DAYS, PLAIN),
        "gross_mrr_churn_rate net_revenue_retention gross_revenue_retention quick_ratio",
    ),
    (
        *(RATIO, DAYS, PERSONAL),
        "tickets_per_100_orders first_response_hours resolution_hours points_redeemed_to_earned "
        "invite_conversion_rate",
    ),
    (RATIO, MONTHS, "", "revenue_share_top_20"),
    (RATIO, DAYS, PLAIN, "viral_coefficient"),
    (COUNT, DAYS, "framework", "stage_population stage_entries stage_exits"),
    (RATIO, DAYS, "framework", "stage_conversion_rate_90d"),
    (MEDIAN, DAYS, "framework", "median_days_in_stage"),
)
MATURITY_DAYS = {
    **dict.fromkeys(("email_open_rate", "email_click_rate", "unsubscribe_rate"), 7),
    **dict.fromkeys(("conversion_rate", "checkout_completion_rate", "self_service_rate"), 1),
    **dict.fromkeys(("chat_answer_rate", "chat_response_minutes"), 1),
    **dict.fromkeys(("trial_to_paid_rate", "survey_response_rate"), 30),
    **dict.fromkeys(("invite_conversion_rate", "viral_coefficient"), 30),
    **dict.fromkeys(("onboarding_completion_rate_30d", "feature_adoption_rate_30d"), 30),
    **dict.fromkeys(("second_order_rate_90d", "stage_conversion_rate_90d"), 90),
    "lead_to_customer_rate_90d": 90,
    "repeat_contact_rate_7d": 7,
}
CUSTOMERS = "signal:order or signal:subscribed"
RECURRING = "signal:subscription_start or signal:subscription_renewal or signal:subscription_change"
INTERACTIONS = (
    "column:channel_daily.likes or column:channel_daily.comments or column:channel_daily.shares"
)
# What each KPI needs, all parts of it; the KPIs of which it is true.
INPUTS = (
    ("column:channel_daily.impressions", "impressions"),
    ("column:channel_daily.clicks", "clicks"),
    ("column:channel_daily.spend", "spend"),
    ("column:channel_daily.podcast_downloads", "podcast_downloads"),
    ("column:channel_daily.podcast_listeners", "podcast_listeners"),
    ("column:channel_daily.reach", "reach"),
    ("column:channel_daily.followers", "followers net_new_followers"),
    (INTERACTIONS, "social_interactions"),
    (f"{INTERACTIONS}|column:channel_daily.impressions", "social_engagement_rate"),
    ("column:channel_daily.clicks|column:channel_daily.impressions", "click_through_rate"),
    ("column:channel_daily.spend|column:channel_daily.clicks", "cost_per_click"),
    ("column:channel_daily.spend|column:channel_daily.impressions", "cost_per_mille"),
    (
        "column:channel_daily.spend|signal:order",
        "customer_acquisition_cost marketing_efficiency_ratio cac_payback_months",
    ),
    ("column:channel_daily.spend|signal:order|signal:visit", "return_on_ad_spend"),
    (
        "signal:visit",
        "sessions visitors new_visitors active_users stickiness engaged_session_rate bounce_rate",
    ),
    ("signal:visit|signal:order", "conversion_rate sessions_per_first_order"),
    ("signal:checkout|signal:order", "checkout_completion_rate"),
    ("signal:lead", "lead_count"),
    ("signal:lead|signal:purchase", "lead_to_customer_rate_90d"),
    ("signal:purchase|signal:onboarding_complete", "onboarding_completion_rate_30d"),
    ("signal:purchase|signal:feature_use", "feature_adoption_rate_30d"),
    ("signal:email_delivered|signal:email_opened", "email_open_rate"),
    ("signal:email_delivered|signal:email_clicked", "email_click_rate"),
    ("signal:email_delivered|signal:email_unsubscribed", "unsubscribe_rate"),
    ("signal:nps", "nps"),
    ("signal:csat", "csat"),
    ("signal:survey_sent|signal:nps or signal:csat", "survey_response_rate"),
    ("signal:trial_start|signal:subscription_start or signal:order", "trial_to_paid_rate"),
    ("signal:cart_add|signal:order", "cart_abandonment_rate cart_recovery_rate"),
    ("signal:cart_add|column:events.value|signal:order", "cart_value_abandoned"),
    (
        "signal:order",
        "orders gross_revenue net_revenue average_order_value net_average_order_value "
        "median_order_value new_customers median_days_to_first_order guest_order_share "
        "repeat_purchase_rate returning_customer_rate second_order_rate_90d "
        "average_days_between_orders average_revenue_to_date revenue_share_top_20 "
        "orders_per_customer",
    ),
    ("signal:order|signal:refund", "refunded_amount refund_rate refunded_amount_rate"),
    ("signal:order|column:order_lines.quantity", "units_per_order"),
    ("signal:order|column:orders.total_discounts", "discount_rate"),
    ("signal:order|column:orders.coupon_code", "coupon_order_share"),
    ("signal:order|signal:delivery", "on_time_delivery_rate"),
    (
        CUSTOMERS,
        "active_customers_start active_customers_end active_customers_gained "
        "active_customers_reactivated active_customers_lost active_customers_voided "
        "retention_rate churn_rate at_risk_share lapsed_share at_risk_recovery_rate "
        "reactivations reactivation_rate",
    ),
    (
        RECURRING,
        "mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr "
        "gross_mrr_churn_rate net_revenue_retention gross_revenue_retention quick_ratio",
    ),
    ("signal:support_contact|signal:chat_answer", "chat_answer_rate chat_response_minutes"),
    ("signal:help_view|signal:support_contact", "self_service_rate"),
    ("signal:support_contact", "repeat_contact_rate_7d"),
    ("signal:support_contact|signal:order", "tickets_per_100_orders"),
    ("signal:support_contact|signal:ticket_response", "first_response_hours"),
    ("signal:support_contact|signal:support_resolution", "resolution_hours"),
    (
        "signal:order|column:order_lines.quantity|column:products.unit_cost",
        "average_margin_to_date",
    ),
    ("signal:loyalty_join|signal:order", "loyalty_participation_rate"),
    ("signal:points_redeemed|signal:points_earned", "points_redeemed_to_earned"),
    ("signal:points_earned", "loyalty_points_balance"),
    ("signal:order|column:order_lines.product_id|column:products.category", "cross_sell_rate"),
    (
        "signal:order|column:orders.referral_code or signal:referral_converted",
        "referral_rate",
    ),
    ("signal:referral_sent|signal:referral_converted", "invite_conversion_rate"),
    (f"signal:referral_sent|signal:referral_converted|{CUSTOMERS}", "viral_coefficient"),
    ("signal:order|column:orders.affiliate_id", "affiliate_revenue"),
    (
        "signal:order|column:orders.affiliate_id|column:orders.affiliate_commission",
        "affiliate_commission",
    ),
    ("signal:review", "review_average review_count"),
    ("signal:product_share", "shares_count"),
    (
        "signal:any",
        "stage_population stage_entries stage_exits stage_conversion_rate_90d median_days_in_stage",
    ),
)


@dataclass(frozen=True)
class Entry:
    """One KPI: where it is written and what it needs.

    ``inputs`` are all required; each is a set of alternatives that count as one.
    """

    kpi: str
    kind: str
    grains: tuple[str, ...]
    dimensions: tuple[str, ...]
    maturity_days: int
    inputs: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Seeds:
    """What KPIs read beside the rules of the lifecycle.

    ``click_ids`` are in the order of their seed; ``referrers`` are by host.
    """

    entries: dict[str, Entry]
    channels: dict[tuple[str, str], str]
    click_ids: tuple[tuple[str, str, str], ...] = ()
    referrers: dict[str, tuple[str, str]] | None = None

    def channel(self, source: str | None, medium: str | None, fallback: str | None = None) -> str:
        """The channel of a source and medium; without a source, that of the fallback."""
        pair = (_plain(source), _plain(medium))
        if not pair[0]:
            pair = (_plain(fallback), "")
        return self._looked_up(*pair) or UNKNOWN

    def stated_channel(self, text: str | None) -> str | None:
        """The channel that a text names, itself or by a source; None if it names none."""
        named = _plain(text)
        if named in self.channels.values():
            return named
        return self.channels.get((named, "")) if named else None

    def channel_of(self, event: Event, own_domains: tuple[str, ...]) -> str:
        """The channel of a session by its first event."""
        if any(getattr(event, column) for column in UTM_COLUMNS):
            return self.channel(event.utm_source, event.utm_medium)
        told: dict[str, str] = {}
        for name, value in parse_qsl(urlsplit((event.page_url or "").strip()).query):
            told.setdefault(name, value)
        utm = {column: told[column] for column in UTM_COLUMNS if told.get(column, "").strip()}
        if utm:
            return self.channel(utm.get("utm_source"), utm.get("utm_medium"))
        for parameter, source, medium in self.click_ids:
            if told.get(parameter, "").strip():
                return self.channel(source, medium)
        return self._referred(event.referrer, own_domains) or DIRECT

    def _referred(self, referrer: str | None, own_domains: tuple[str, ...]) -> str | None:
        host = (urlsplit((referrer or "").strip()).hostname or "").lower()
        if not host or any(_is_within(host, own) for own in own_domains):
            return None
        listed = [name for name in self.referrers or {} if _is_within(host, name)]
        if not listed:
            return self._looked_up(host, REFERRAL) or self._looked_up("", REFERRAL) or REFERRAL
        # The longest name is the one that says most.
        source, medium = (self.referrers or {})[max(listed, key=len)]
        return None if medium == "payment" else self.channel(source, medium)

    def _looked_up(self, source: str, medium: str) -> str | None:
        exact = self.channels.get((source, medium))
        return exact or (self.channels.get((source, "")) if source or not medium else None)


def load(seeds_dir: Path) -> Seeds:
    """Read the shipped seeds."""

    def rows(name: str) -> Iterator[dict[str, str]]:
        path = seeds_dir / name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                yield from csv.DictReader(file)

    return Seeds(
        entries=entries(),
        channels={
            (_plain(row["source"]), _plain(row["medium"])): row["channel"]
            for row in rows("channel_map.csv")
        },
        click_ids=tuple(
            (row["parameter"], row["source"], row["medium"]) for row in rows("click_ids.csv")
        ),
        referrers={
            _plain(row["host"]): (row["source"], _plain(row["medium"]))
            for row in rows("referrers.csv")
        },
    )


def entries() -> dict[str, Entry]:
    """Every KPI of the page but those of models."""
    needs = {kpi: needed for needed, kpis in INPUTS for kpi in kpis.split()}
    return {
        kpi: Entry(
            kpi=kpi,
            kind=kind,
            grains=(*grains.split(), "quarter", "year"),
            dimensions=tuple(dimensions.split())
            if dimensions == "framework"
            else ("all", *dimensions.split()),
            maturity_days=MATURITY_DAYS.get(kpi, 0),
            inputs=tuple(
                frozenset(choice.strip() for choice in needed.split(" or "))
                for needed in needs[kpi].split("|")
            ),
        )
        for kind, grains, dimensions, kpis in SHAPES
        for kpi in kpis.split()
    }


def _is_within(host: str, name: str) -> bool:
    return host == name or host.endswith(f".{name}")


def _plain(text: str | None) -> str:
    return (text or "").strip().lower()
