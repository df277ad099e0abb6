"""Numbers that no shop should have: each is refused with a sentence, or the shop publishes with it.

Belongs here: one odd row of every kind, and that no check of the models minds. Does not belong
here: what is refused (test_ingest_values).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.ingest_kit import make_shop
from tests.pipeline.models_kit import CompiledModels

MOST = "9999999999"
ORDERS = """order_id,customer_id,created_at,updated_at,cancelled_at,delivered_at,status,currency,\
subtotal_price,total_discounts,total_shipping,total_tax,total_price,taxes_included,shipping_tax,\
affiliate_commission,affiliate_id,promised_at
z1,c1,2026-02-05,,,,paid,EUR,,5,,20,10,false,,,,
z2,c1,2026-02-06,,,,paid,EUR,,5,30,,10,false,,,,
a0,c0,2026-01-05,,,,paid,EUR,,,,,10,,,,,
a1,c1,2026-02-05,,,,paid,EUR,,,,20,10,true,,,,
a2,c2,2026-02-05,,,,paid,EUR,,,20,,10,true,,,,
a3,c3,2026-02-05,,,,paid,EUR,,500,,,10,,,,,
a4,c4,2026-02-05,,,,paid,EUR,,,5,2,10,true,7,,,
a5,c5,2026-02-05,,,,paid,EUR,,,,,0.0001,,,,,
a6,c6,2026-02-05,,,,paid,EUR,,,,,{MOST},,,,,
a7,c7,2026-02-05,,2026-02-01,,cancelled,EUR,,,,,10,,,,,
a8,c8,2026-02-05,,,2026-02-01,delivered,EUR,,,,,10,,,,,2026-01-01
a9,c9,2026-02-05,,,,paid,EUR,,,,,10,,,50,af1,
b1,c9,2026-02-05,,,,pending,EUR,,,,,10,,,50,af1,
b2,c9,2026-02-05,,,,refunded,EUR,10,,10,10,10,false,,,,
b3,c9,2026-02-05,,,,paid,EUR,,,10,5,10,false,3,,,
"""
REFUNDS = """refund_id,order_id,created_at,amount
r1,a0,2026-01-06,500
r2,a5,2026-02-06,0.0001
r3,a6,2026-02-06,{MOST}
r4,a6,2026-02-06,{MOST}
r5,a7,2026-02-06,10
r6,a1,2026-02-06,1
r7,nope,2026-02-06,1
r8,a9,2026-01-01,1
"""
ORDER_LINES = """order_id,line_number,product_id,quantity,unit_price,total_discount
a0,1,p1,1,0,
a1,1,p1,1000000,9999999,
a2,1,p1,1,10,50
a3,1,p2,0.0001,10,
nope,1,p1,1,1,
"""
PRODUCTS = """product_id,title,price,unit_cost
p1,One,0,50
p2,Two,10,{MOST}
"""
EVENTS = """event_id,event_name,occurred_at,user_id,cart_id,value,quantity,currency,properties
e1,Product Added,2026-02-01T10:00:00,c1,k1,{MOST},1000000,EUR,
e2,Product Added,2026-02-01T10:00:00,c1,k1,-5,1,EUR,
e3,Product Added,2026-02-01T10:00:00,c2,k2,5,0,EUR,
e4,Subscription Started,2026-02-01T10:00:00,c2,,{MOST},,EUR,\
"{""subscription_id"":""s1"",""interval_months"":0}"
e5,Subscription Changed,2026-02-02T10:00:00,c2,,-1,,EUR,\
"{""subscription_id"":""s1"",""interval_months"":-5,""paid_until"":""never""}"
e6,NPS Answered,2026-02-02T10:00:00,c2,,99,,,
e7,Review Posted,2026-02-02T10:00:00,c2,,-3.5,,,
e8,Points Earned,2026-02-02T10:00:00,c2,,{MOST},,,
e9,Product Added,2026-02-02T10:00:00,c2,k9,0.0001,0.0001,EUR,
"""
CHANNEL_DAILY = """date,channel,campaign,impressions,clicks,spend,currency,followers,sessions
2026-02-01,google,x,0,500,{MOST},EUR,5,0
2026-02-01,facebook,,1,2,0,,0,0
"""
TABLES = {
    "orders": ORDERS,
    "refunds": REFUNDS,
    "order_lines": ORDER_LINES,
    "products": PRODUCTS,
    "events": EVENTS,
    "channel_daily": CHANNEL_DAILY,
}


@pytest.mark.slow
def test_an_odd_number_stops_no_shop(tmp_path: Path, sample_state: StateDir) -> None:
    files = {f"{table}.csv": text.replace("{MOST}", MOST) for table, text in TABLES.items()}
    shop = make_shop(tmp_path, files)
    summary = shop.ingest(loaded_at=datetime(2027, 1, 1))
    assert summary.problems == ()
    assert summary.stops == ()
    models = CompiledModels(sample_state)
    assert models.broken_laws(shop.state_dir / "raw.duckdb") == []
