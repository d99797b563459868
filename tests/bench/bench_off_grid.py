"""200 random off-grid homes: what sizing states against a simulation that shares no line with it.

Autonomy: the full bank, without sun, from each hour of the day. Unserved energy: the year, hour by hour. The rival of
the dispatch's time is that same plain loop.
"""

import time

import numpy as np

from nodes.sizing.battery_dispatch import Plant, with_battery
from tests.support.off_grid_homes import Home, fails_within_the_autonomy, homes, unserved_kwh

HOMES = 200


def main() -> None:
    """Print the counts, and the worst difference."""
    found = list(homes(HOMES))
    able = [home for home in found if home.carries_its_peak]
    short = [fails_within_the_autonomy(home) for home in able]
    asked = sum(_autonomy(home) >= home.job.storage.autonomy_days for home in found)
    started = time.process_time()
    gone_through = [unserved_kwh(home) for home in found]
    plain = (time.process_time() - started) / HOMES
    stated = [_unserved(home) for home in found]
    worst = max(abs(one - other) for one, other in zip(stated, gone_through, strict=True))
    print(f"homes {HOMES}, of them {sum(home.result.status != 'infeasible' for home in found)} feasible")
    holds = sum(wh <= 1.0 for wh in short)
    print(f"stated autonomy holds without sun: {holds} of {len(able)} (worst {max(short):.3f} Wh)")
    print(f"stated autonomy is at least the one asked for: {asked} of {HOMES}")
    print(
        f"stated unserved energy, worst difference {worst:.3f} kWh a year (rounding 0.25); "
        f"{sum(kwh > 1 for kwh in stated)} homes go short, by {max(stated):.0f} kWh at most"
    )
    ours = _dispatch_time(found[0])
    print(
        f"a year dispatched: {1000 * ours:.2f} ms, the plain loop {1000 * plain:.1f} ms: {plain / ours:.0f} ×"
    )


def _autonomy(home: Home) -> float:
    return 0.0 if home.result.storage is None else home.result.storage.autonomy_days


def _unserved(home: Home) -> float:
    return (home.result.energy.unserved_kwh or 0.0) if home.result.energy else 0.0


def _dispatch_time(home: Home) -> float:
    load, p_dc = np.array(home.load * 365), np.array(home.p_dc)
    plant = Plant(5000.0, 0.95, 8000.0, 0.97, 0.97, 5000.0, 5000.0, grid=False, export=False)
    with_battery(p_dc, load, plant)
    started = time.process_time()
    for _ in range(20):
        with_battery(p_dc, load, plant)
    return (time.process_time() - started) / 20


if __name__ == "__main__":
    main()
