"""What customers are worth, read from docs/value_models.md in plain Python, a customer at a time.

Belongs here: histories, gates, choice, spending, stage means, survival of subscriptions, ranks, and
the closed form of what a fit foresees. Does not belong here: the fits, which are judged by their
likelihood (``log_likelihood``), or making worlds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from scipy.special import hyp2f1

HELD_OUT = {"holdout_90": 90, "holdout_365": 365}
MODELS = ("bg_nbd", "mbg_nbd")
YEAR = timedelta(days=365)
CENT = Decimal("0.0001")
# Scores follow from published parameters.
NEAR = {"": 1e-9}
COLUMNS = (
    *("frequency", "recency_days", "age_days", "monetary_value", "model"),
    *("probability_alive", "expected_orders_90d", "expected_orders_365d"),
    *("expected_order_value", "predicted_value_90d", "predicted_value_365d"),
    *("contract_value_365d", "historic_value"),
)

Fits = Mapping[tuple[str, str], Mapping[str, float]]


@dataclass(frozen=True)
class Order:
    """An order of a person, guests included; `net` is its value less refunds to date."""

    person: int
    day: date
    net: Decimal
    is_missing_rate: bool = False
    is_guest: bool = False
    subscription: str | None = None


@dataclass(frozen=True)
class Term:
    """A time in which a subscription is in force, at one monthly amount; None if none is stated."""

    person: int
    subscription: str
    begins_on: date
    ends_on: date
    amount: Decimal | None


@dataclass(frozen=True)
class Standing:
    """The stage and health of a person in a span of days."""

    person: int
    stage: str
    health: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class World:
    """A shop up to `as_of`."""

    as_of: date
    orders: Sequence[Order]
    terms: Sequence[Term]
    standings: Sequence[Standing]
    stages: Sequence[str]


@dataclass(frozen=True)
class History:
    """What the order days of a customer come to up to a day, and how many came after it."""

    frequency: int
    recency: int
    age: int
    value: Decimal | None
    later: int


def money(value: Decimal | float) -> Decimal:
    """Round half away from zero to 4 decimals."""
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def counted(world: World) -> dict[int, dict[date, list[Order]]]:
    """The order days of each customer; guests' and subscriptions' orders are left out."""
    days: dict[int, dict[date, list[Order]]] = defaultdict(lambda: defaultdict(list))
    for order in world.orders:
        if not order.is_guest and order.subscription is None:
            days[order.person][order.day].append(order)
    return days


def first_day(world: World) -> date | None:
    """The first order day of the shop."""
    return min((day for days in counted(world).values() for day in days), default=None)


def histories(world: World, held_out: int = 0) -> dict[int, History]:
    """The histories of who had ordered before the last `held_out` days; none without room."""
    split = world.as_of - timedelta(days=held_out)
    first = first_day(world)
    if first is None or (split - first).days < held_out:
        return {}
    found: dict[int, History] = {}
    for person, days in counted(world).items():
        known = sorted(day for day in days if day <= split)
        if not known:
            continue
        repeats = [order for day in known[1:] for order in days[day]]
        value: Decimal | None = Decimal(0)
        if any(order.is_missing_rate for order in repeats):
            value = None
        elif repeats:
            value = money(sum((order.net for order in repeats), Decimal(0)) / len(known[1:]))
        found[person] = History(
            frequency=len(known) - 1,
            recency=(known[-1] - known[0]).days,
            age=(split - known[0]).days,
            value=value,
            later=sum(day > split for day in days),
        )
    return found


def chances(model: str) -> int:
    """Whether a customer may leave right after the first order."""
    return {"bg_nbd": 0, "mbg_nbd": 1}[model]


def log_likelihood(model: str, fit: Mapping[str, float], told: Iterable[History]) -> float:
    """The log-likelihood of histories, term by term as the papers write it."""
    r, alpha, a, b = (fit[name] for name in ("r", "alpha", "a", "b"))
    extra, total = chances(model), 0.0

    def beta(left: float, right: float) -> float:
        return math.lgamma(left) + math.lgamma(right) - math.lgamma(left + right)

    for each in told:
        x = each.frequency
        common = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) - beta(a, b)
        alive = beta(a, b + x + extra) - (r + x) * math.log(alpha + each.age)
        gone = -math.inf
        if x + extra > 0:
            gone = beta(a + 1, b + x + extra - 1) - (r + x) * math.log(alpha + each.recency)
        most = max(alive, gone)
        total += common + most + math.log(math.exp(alive - most) + math.exp(gone - most))
    return total


def spend_likelihood(fit: Mapping[str, float], told: Iterable[History]) -> float:
    """Gamma-gamma's log-likelihood of the mean values of who came back and spent something."""
    p, q, v = (fit[name] for name in ("p", "q", "v"))
    total = 0.0
    for each in spenders(told):
        x, mean = each.frequency, float(each.value or 0)
        total += math.lgamma(p * x + q) - math.lgamma(p * x) - math.lgamma(q)
        total += q * math.log(v) + (p * x - 1) * math.log(mean) + p * x * math.log(x)
        total -= (p * x + q) * math.log(x * mean + v)
    return total


def spenders(told: Iterable[History]) -> list[History]:
    """Who came back and spent something that is known."""
    return [each for each in told if each.frequency > 0 and (each.value or 0) > 0]


def alive(model: str, fit: Mapping[str, float], told: History) -> float:
    """The probability to be a customer still."""
    extra, x = chances(model), told.frequency
    if x + extra == 0:
        return 1.0
    idle = ((fit["alpha"] + told.age) / (fit["alpha"] + told.recency)) ** (fit["r"] + x)
    return 1 / (1 + fit["a"] / (fit["b"] + x + extra - 1) * idle)


def expected(model: str, fit: Mapping[str, float], told: History, days: int) -> float:
    """The orders of the next days, by the closed form, which has a pole at a = 1."""
    shape, kept = fit["r"] + told.frequency, fit["b"] + told.frequency + chances(model)
    a, until = fit["a"], fit["alpha"] + told.age
    left = (until / (until + days)) ** shape * float(
        hyp2f1(shape, kept, a + kept - 1, days / (until + days))
    )
    return alive(model, fit, told) * (a + kept - 1) / (a - 1) * (1 - left)


def errors(forecast: Mapping[int, float], told: Mapping[int, History]) -> tuple[float, float]:
    """Wape and bias of a hold-out in which somebody ordered."""
    foreseen: dict[int, float] = defaultdict(float)
    came: dict[int, int] = defaultdict(int)
    for person, each in told.items():
        foreseen[min(each.frequency, 7)] += forecast[person]
        came[min(each.frequency, 7)] += each.later
    all_came = sum(came.values())
    absolute = sum(abs(foreseen[part] - came[part]) for part in came)
    return absolute / all_came, sum(foreseen.values()) / all_came - 1


def correlation(told: Sequence[History]) -> float | None:
    """Pearson's correlation of frequency and mean value."""
    pairs = [(each.frequency, float(each.value or 0)) for each in told]
    if not pairs:
        return None
    means = [sum(values) / len(pairs) for values in zip(*pairs, strict=True)]
    apart = [(x - means[0], y - means[1]) for x, y in pairs]
    spread = math.sqrt(sum(x * x for x, _ in apart) * sum(y * y for _, y in apart))
    return sum(x * y for x, y in apart) / spread if spread > 1e-9 else None


def order_value(fits: Fits, told: Iterable[History]) -> Callable[[History], float | None] | None:
    """How the value of an order is told; None if it is not."""
    who = spenders(told)
    fit = fits.get(("all", "gamma_gamma"))
    if not who or fit is None:
        return None
    mean = sum(float(each.value or 0) for each in who) / len(who)

    def shrunk(each: History) -> float | None:
        if each.value is None:
            return None
        spent = each.frequency * max(float(each.value), 0)
        return (spent + 3 * mean) / (each.frequency + 3)

    def gamma_gamma(each: History) -> float | None:
        if each.value is None:
            return None
        spent = each.frequency * max(float(each.value), 0)
        return fit["p"] * (fit["v"] + spent) / (fit["p"] * each.frequency + fit["q"] - 1)

    if abs(correlation(who) or 0) >= 0.3:
        return shrunk
    if not fit["is_converged"]:
        return None
    return gamma_gamma if fit["q"] > 1 else shrunk


def choice(world: World, fits: Fits, days: int) -> str | None:
    """The model that speaks of a horizon."""
    purpose = f"holdout_{days}"
    told = histories(world)
    if len(told) < 200 or order_value(fits, told.values()) is None:
        return None
    passed: list[tuple[float, str]] = []
    for model in MODELS:
        whole, held_out = fits.get(("all", model)), fits.get((purpose, model))
        if not whole or not held_out:
            continue
        if not whole["is_converged"] or not held_out["is_converged"]:
            continue
        before = histories(world, days)
        if not sum(each.later for each in before.values()):
            continue
        forecast = {
            person: expected(model, held_out, each, days) for person, each in before.items()
        }
        wape, bias = errors(forecast, before)
        if abs(bias) <= 0.25:
            passed.append((wape, model))
    return min(passed)[1] if passed else None


def stage_means(world: World) -> dict[tuple[str, str], float]:
    """What a stage and health was worth in the 365 days after a month's end."""
    first = first_day(world)
    if first is None:
        return {}
    days = counted(world)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    persons: dict[str, set[int]] = defaultdict(set)
    end = date(first.year, first.month, 1)
    while True:
        end = (end + timedelta(days=32)).replace(day=1)
        month_end = end - timedelta(days=1)
        if month_end + YEAR > world.as_of:
            break
        if (month_end - first).days < 180:
            continue
        for each in world.standings:
            if each.valid_from <= month_end < each.valid_to:
                # What cannot be converted counts as 0 in a sum.
                value = sum(
                    0.0 if order.is_missing_rate else float(order.net)
                    for day, orders in days.get(each.person, {}).items()
                    if month_end < day <= month_end + YEAR
                    for order in orders
                )
                found[each.stage, each.health].append(value)
                persons[each.health].add(each.person)
    means: dict[tuple[str, str], float] = {}
    for health, who in persons.items():
        if len(who) < 30:
            continue
        pooled = [value for (_, of), values in found.items() if of == health for value in values]
        mean = sum(pooled) / len(pooled)
        for stage in world.stages:
            own = found.get((stage, health), [])
            means[stage, health] = (sum(own) + 20 * mean) / (len(own) + 20)
    return means


def survival(world: World) -> Callable[[int], float] | None:
    """Kaplan and Meier's share in force after so many days; None below 20 subscriptions."""
    if len({(term.person, term.subscription) for term in world.terms}) < 20:
        return None
    observed = [
        ((min(term.ends_on, world.as_of) - term.begins_on).days, term.ends_on <= world.as_of)
        for term in world.terms
    ]
    shares: dict[int, float] = {}
    share = 1.0
    for day in sorted({days for days, is_over in observed if is_over}):
        at_risk = sum(days >= day for days, _ in observed)
        share *= 1 - sum(days == day and is_over for days, is_over in observed) / at_risk
        shares[day] = share
    return lambda age: min((value for day, value in shares.items() if day <= age), default=1.0)


def contract_values(world: World) -> dict[int, float]:
    """What the subscriptions in force bring in 365 days, day by day."""
    share = survival(world)
    found: dict[int, float] = defaultdict(float)
    if share is None:
        return {}
    for term in world.terms:
        if term.amount is None or not term.begins_on <= world.as_of < term.ends_on:
            continue
        age = (world.as_of - term.begins_on).days
        days = sum(share(age + ahead) for ahead in range(365)) / share(age)
        found[term.person] += float(term.amount) * 12 / 365 * days
    return found


def customer_value(world: World, fits: Fits, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """One row per customer, by the name of the person; ranks apart."""
    told = histories(world)
    chosen = {days: choice(world, fits, days) for days in (90, 365)}
    speaks = chosen[365] or chosen[90]
    in_stage, of_order = stage_means(world), order_value(fits, told.values())
    contracts = contract_values(world)
    stands = {each.person: each for each in world.standings if each.valid_to > world.as_of}
    own: dict[int, list[Order]] = defaultdict(list)
    for order in world.orders:
        if not order.is_guest:
            own[order.person].append(order)
    rows: list[dict[str, Any]] = []
    for person in own.keys() | {term.person for term in world.terms}:
        history = told.get(person)
        is_known = not any(order.is_missing_rate for order in own[person])
        row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
            "subject_id": names[person],
            "model": "none",
            "contract_value_365d": contracts.get(person),
            "historic_value": sum((order.net for order in own[person]), Decimal(0))
            if is_known
            else None,
        }
        rows.append(row)
        if history is None:
            continue
        row |= {
            "frequency": history.frequency,
            "recency_days": history.recency,
            "age_days": history.age,
            "monetary_value": history.value,
        }
        if speaks:
            whole = fits["all", speaks]
            row["model"] = speaks
            if whole["a"] / (whole["a"] + whole["b"]) >= 0.01:
                row["probability_alive"] = alive(speaks, whole, history)
            worth = of_order(history) if of_order else None
            row["expected_order_value"] = worth
            for days, model in chosen.items():
                if model:
                    orders = expected(model, fits["all", model], history, days)
                    row[f"expected_orders_{days}d"] = orders
                    row[f"predicted_value_{days}d"] = None if worth is None else orders * worth
            continue
        place = stands[person].stage, stands[person].health
        if place in in_stage:
            row["model"] = "stage"
            row["predicted_value_365d"] = in_stage[place]
    return rows


def model_holdout(world: World, fits: Fits) -> list[dict[str, Any]]:
    """One row per days held out, model and class of frequency; of fits that there are."""
    rows: list[dict[str, Any]] = []
    for purpose, days in HELD_OUT.items():
        told = histories(world, days)
        for model in MODELS:
            fit = fits.get((purpose, model))
            classes: dict[int, list[History]] = defaultdict(list)
            for each in told.values() if fit else ():
                classes[min(each.frequency, 7)].append(each)
            rows += [
                {
                    "purpose": purpose,
                    "model": model,
                    "frequency_class": "7+" if part == 7 else str(part),
                    "customers": len(found),
                    "expected_orders": math.fsum(expected(model, fit, each, days) for each in found)
                    if fit and fit["is_converged"]
                    else None,
                    "actual_orders": sum(each.later for each in found),
                }
                for part, found in classes.items()
            ]
    return rows


def judged(world: World, fits: Fits) -> list[dict[str, Any]]:
    """The rows of ``model_fits``: parameters as published, and how good they are, told anew."""
    told = {days: histories(world, days) for days in (0, *HELD_OUT.values())}
    rows: list[dict[str, Any]] = []
    for (purpose, model), fit in fits.items():
        days = HELD_OUT.get(purpose, 0)
        found = told[days]
        again = dict(fit)
        if model == "gamma_gamma":
            again["customers"] = len(spenders(found.values()))
            again["log_likelihood"] = spend_likelihood(fit, found.values())
        else:
            again["customers"] = len(found)
            again["log_likelihood"] = log_likelihood(model, fit, found.values())
        if days and fit["is_converged"] and any(each.later for each in found.values()):
            forecast = {person: expected(model, fit, each, days) for person, each in found.items()}
            again["wape"], again["bias"] = errors(forecast, found)
        rows += [
            {"purpose": purpose, "model": model, "name": name, "value": value}
            for name, value in again.items()
        ]
    return rows


def ranks(published: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rank and decile by what is foreseen, descending, ties by id; the best tenth is rounded up."""
    values: dict[str, Decimal | None] = {}
    for row in published:
        ahead = [row["predicted_value_365d"], row["contract_value_365d"]]
        known = [value for value in ahead if value is not None]
        values[row["subject_id"]] = sum(known, Decimal(0)) if known else None
    ordered = sorted(
        (-value, subject_id) for subject_id, value in values.items() if value is not None
    )
    places = {subject_id: place for place, (_, subject_id) in enumerate(ordered, start=1)}

    def decile(place: int) -> int:
        return next(k for k in range(1, 11) if place <= -(-k * len(ordered) // 10))

    return [
        {
            "subject_id": subject_id,
            "value_rank": places.get(subject_id),
            "value_decile": decile(places[subject_id]) if subject_id in places else None,
        }
        for subject_id in values
    ]
