"""What must charge an off-grid bank, where the inverter's own charger does not take all of the array."""

import math

from core.catalog import charge_controllers
from nodes.sizing.design import Design
from nodes.sizing.storage import VOLTAGE_TOLERANCE, Bank
from state.equipment import ChargeControllerDatasheet
from state.sizing import ChargeController

MARGIN = 1.25
RULE = "array power ÷ bank voltage; × 1.25 for its conductors, NEC 2023 690.8(A)(1)"
"""A charger that tracks the point of maximum power limits its own current, so the margin is not asked of it."""


def charge_controller(design: Design, bank: Bank) -> ChargeController:
    """Current of the array at the bank, and controllers of the catalogue for what the built-in charger leaves."""
    current = design.pdc0 / bank.nominal_voltage
    own = design.inverter.charge_current_max_a
    built_in = None if own is None else own * design.inverters
    rest = max(0.0, current - (built_in or 0.0))
    # A charger that falls short by a tenth only throttles on the brightest hours.
    chosen = None if rest <= 0.1 * current else _fewest(design, bank, rest)
    longest = None
    if chosen is not None and design.voltages.v_oc_cold is not None:
        longest = math.floor(chosen[0].pv_voc_max_v / design.voltages.v_oc_cold)
    return ChargeController(
        current_a=round(current, 1),
        continuous_a=round(MARGIN * current, 1),
        rule=RULE,
        built_in_a=built_in,
        controller=None if chosen is None else chosen[0],
        count=0 if chosen is None else chosen[1],
        modules_per_string_max=longest,
    )


def _fewest(design: Design, bank: Bank, current: float) -> tuple[ChargeControllerDatasheet, int] | None:
    """The controller of which fewest carry `current` [A], the smallest of those; None where none fits."""
    volts = bank.nominal_voltage
    offers = []
    for each in charge_controllers():
        suits = any(abs(volts - stated) <= VOLTAGE_TOLERANCE * stated for stated in each.battery_voltages_v)
        module_fits = each.pv_voc_max_v >= (design.voltages.v_oc_cold or 1.25 * design.module.v_oc_v)
        carries = each.pv_isc_max_a is None or each.pv_isc_max_a >= design.module.i_sc_a
        if suits and module_fits and carries:
            offers.append(
                (math.ceil(current / each.charge_current_max_a - 1e-9), each.charge_current_max_a, each)
            )
    if not offers:
        return None
    count, _, chosen = min(offers, key=lambda offer: offer[:2])
    return chosen, count
