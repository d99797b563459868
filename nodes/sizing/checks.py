"""How a check is made: a value against a limit, with its margin and its verdict."""

from typing import Literal

from state.sizing import Check

Verdict = Literal["warn", "fail"]

# Floating point must not turn a design that sits exactly on a limit into a failed one.
ROUNDING = 1e-9


def at_most(
    check_id: str,
    rule: str,
    value: float | None,
    limit: float | None,
    unit: str,
    detail: str,
    *,
    otherwise: Verdict = "fail",
    missing: str | None = None,
) -> Check:
    """Passes where `value` ≤ `limit`; where either is absent `not_evaluated`, for the reason `missing`."""
    if value is None or limit is None:
        return not_evaluated(check_id, rule, unit, missing or detail, value=value, limit=limit)
    holds = value <= limit + ROUNDING * max(abs(limit), 1.0)
    margin = 100.0 * (limit - value) / limit if limit else None
    return _check(check_id, rule, value, limit, unit, margin, "pass" if holds else otherwise, detail)


def at_least(
    check_id: str,
    rule: str,
    value: float | None,
    limit: float | None,
    unit: str,
    detail: str,
    *,
    otherwise: Verdict = "fail",
    missing: str | None = None,
) -> Check:
    """Passes where `value` ≥ `limit`; where either is absent `not_evaluated`, for the reason `missing`."""
    if value is None or limit is None:
        return not_evaluated(check_id, rule, unit, missing or detail, value=value, limit=limit)
    holds = value >= limit - ROUNDING * max(abs(limit), 1.0)
    margin = 100.0 * (value - limit) / limit if limit else None
    return _check(check_id, rule, value, limit, unit, margin, "pass" if holds else otherwise, detail)


def not_evaluated(
    check_id: str,
    rule: str,
    unit: str,
    reason: str,
    *,
    value: float | None = None,
    limit: float | None = None,
) -> Check:
    """A check that says why it could not be made; never counted as passed."""
    return Check(
        id=check_id,
        rule=rule,
        value=None if value is None else round(value, 3),
        limit=None if limit is None else round(limit, 3),
        unit=unit,
        margin_percent=None,
        status="not_evaluated",
        detail=reason,
    )


def _check(
    check_id: str,
    rule: str,
    value: float,
    limit: float,
    unit: str,
    margin: float | None,
    status: Literal["pass", "warn", "fail"],
    detail: str,
) -> Check:
    return Check(
        id=check_id,
        rule=rule,
        value=round(value, 3),
        limit=round(limit, 3),
        unit=unit,
        margin_percent=None if margin is None else round(margin, 1),
        status=status,
        detail=detail,
    )
