"""How jobs ended, kept beside what triage had said, so that its hit rate can be computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import CompletionRow
from core.errors import NotFound
from state.completion import CompletedJob, Completion, Confirmed, Finding, HitRate, Hits
from state.triage import Asset, TriageResult

UNKNOWN: Asset = "unknown"


@dataclass(frozen=True, slots=True)
class Tally:
    """Completed jobs of which triage said, and people confirmed, the same."""

    said_asset: str
    said_names: frozenset[str]
    """Failure mode and cause, as `named` makes them."""
    confirmed_asset: str | None
    confirmed_cause: str | None
    jobs: int


class Completions:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self,
        job_id: UUID,
        completion: Completion,
        *,
        by: UUID,
        at: datetime,
        said: TriageResult | None,
        result_version: int | None,
    ) -> None:
        self._session.add(
            CompletionRow(
                job_id=job_id,
                completed_by=by,
                completed_at=at,
                outcome=completion.outcome,
                feedback=completion.feedback,
                actual_start=completion.actual_start,
                actual_end=completion.actual_end,
                parts=completion.parts,
                confirmed_asset=completion.confirmed.asset,
                confirmed_cause=completion.confirmed.cause,
                result_version=result_version,
                said_asset=said.asset if said else None,
                said_failure_mode=said.failure_mode if said else None,
                said_cause=said.cause if said else None,
                said_confidence=said.confidence if said else None,
            )
        )

    async def get(self, job_id: UUID) -> CompletedJob:
        """How the job ended; `NotFound` where it was never completed."""
        row = await self._session.get(CompletionRow, job_id)
        if row is None:
            raise NotFound("This job was not completed.")
        said = None
        if row.said_asset is not None and row.said_confidence is not None:
            said = Finding(
                asset=cast("Asset", row.said_asset),
                failure_mode=row.said_failure_mode,
                cause=row.said_cause,
                confidence=row.said_confidence,
            )
        return CompletedJob(
            job_id=row.job_id,
            completed_at=row.completed_at,
            outcome=row.outcome,
            feedback=row.feedback,
            actual_start=row.actual_start,
            actual_end=row.actual_end,
            confirmed=Confirmed(asset=cast("Asset | None", row.confirmed_asset), cause=row.confirmed_cause),
            parts=row.parts,
            result_version=row.result_version,
            said=said,
        )

    async def hit_rate(self) -> HitRate:
        """How often triage named what people confirmed."""
        said = (CompletionRow.said_asset, CompletionRow.said_failure_mode, CompletionRow.said_cause)
        confirmed = (CompletionRow.confirmed_asset, CompletionRow.confirmed_cause)
        rows = await self._session.execute(
            select(*said, *confirmed, func.count())
            .where(CompletionRow.said_asset.is_not(None))
            .group_by(*said, *confirmed)
        )
        return hit_rate(
            Tally(str(asset), frozenset(named(name) for name in (mode, cause) if name), on_site, why, jobs)
            for asset, mode, cause, on_site, why, jobs in rows
        )


def hit_rate(tallies: Iterable[Tally]) -> HitRate:
    """The rate from what was said and confirmed; a confirmed asset `unknown` confirms nothing."""
    everything = list(tallies)
    with_asset = [each for each in everything if each.confirmed_asset not in {None, UNKNOWN}]
    with_cause = [each for each in everything if each.confirmed_cause is not None]
    return HitRate(
        completed=sum(each.jobs for each in everything),
        asset=_asset_hits(with_asset),
        cause=_hits(
            (
                each.jobs,
                not each.said_names,
                each.confirmed_cause is not None and named(each.confirmed_cause) in each.said_names,
            )
            for each in with_cause
        ),
        by_asset={
            cast("Asset", asset): _asset_hits([each for each in with_asset if each.confirmed_asset == asset])
            for asset in sorted({str(each.confirmed_asset) for each in with_asset})
        },
    )


def named(cause: str) -> str:
    """The form in which causes are equal: "Insulation fault." is "insulation_fault"."""
    return "_".join(cause.casefold().replace("-", " ").replace("_", " ").rstrip(". ").split())


def _asset_hits(tallies: Iterable[Tally]) -> Hits:
    return _hits(
        (each.jobs, each.said_asset == UNKNOWN, each.said_asset == each.confirmed_asset) for each in tallies
    )


def _hits(counted: Iterable[tuple[int, bool, bool]]) -> Hits:
    """From how many jobs, whether triage abstained, whether it was right."""
    counts = list(counted)
    confirmed = sum(jobs for jobs, _, _ in counts)
    abstained = sum(jobs for jobs, silent, _ in counts if silent)
    right = sum(jobs for jobs, silent, hit in counts if hit and not silent)
    answered = confirmed - abstained
    return Hits(
        confirmed=confirmed,
        abstained=abstained,
        right=right,
        hit_rate=right / answered if answered else None,
    )
