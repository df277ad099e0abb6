"""The names of events that are no visits, as far as the simulator sends them.

Belongs here: names. Does not belong here: what a build makes of them (event_signals.csv).
"""

# seeds/rules/event_signals.csv, `is_visit`.
SERVER_EVENTS = (
    "Podcast Played", "Social Followed", "Social Liked", "Social Commented", "Social Shared",
    "Subscription Started", "Subscription Renewed", "Subscription Changed",
    "Subscription Cancelled", "Payment Failed", "Invoice Payment Failed", "Trial Ended",
    "Contract Signed", "Ticket Opened", "Ticket First Response", "Ticket Resolved",
    "Chat Answered", "Survey Sent", "NPS Answered", "CSAT Answered", "Referral Converted",
    "Points Earned", "Points Redeemed", "Email Delivered", "Email Opened", "Email Link Clicked",
    "Email Clicked", "Email Unsubscribed", "Unsubscribed", "Received Email", "Opened Email",
    "Clicked Email", "Unsubscribed from Email Marketing", "Order Shipped", "Order Delivered",
    "Order Cancelled",
)  # fmt: skip
