"""What must hold between the battery bank, the inverter, the array and the loads."""

from dataclasses import dataclass

from nodes.sizing.battery_effects import effects
from nodes.sizing.checks import at_least, at_most
from nodes.sizing.storage import VOLTAGE_TOLERANCE, Bank
from state.equipment import BatteryDatasheet, InverterDatasheet
from state.sizing import Check

LEAD_ACID_MAX_CHARGE_RATE = 1 / 7
"""Of capacity per hour: about the most that flooded lead-acid tolerates (Home Power, "C-rating")."""


@dataclass(frozen=True, slots=True)
class BankCurrents:
    """What flows at the bank's terminals and what it bears, None where unknown [A]."""

    from_array: float
    charger: float | None
    charging: float
    accepts: float | None
    discharging: float | None
    gives: float | None
    surging: float | None = None


def currents(
    bank: Bank,
    inverter: InverterDatasheet,
    inverters: int,
    *,
    peak_power: float | None,
    pdc0: float,
    surge_power: float | None = None,
) -> BankCurrents:
    """Currents of the array's whole power and of all loads at once, at the bank's nominal voltage."""
    volts, battery = bank.nominal_voltage, bank.battery

    def drawn(power: float | None) -> float | None:
        return None if power is None else power / (bank.efficiencies.inverter * volts)

    from_array = pdc0 / volts
    charger = None if inverter.charge_current_max_a is None else inverter.charge_current_max_a * inverters
    return BankCurrents(
        from_array=from_array,
        charger=charger,
        charging=from_array if charger is None else min(from_array, charger),
        accepts=charge_limit(bank)[0],
        discharging=drawn(peak_power),
        surging=drawn(surge_power),
        gives=None if battery.max_discharge_a is None else battery.max_discharge_a * bank.parallel,
    )


def misfit(bank: Bank, flowing: BankCurrents) -> tuple[bool, bool, bool, int, float]:
    """What speaks against a bank, for choosing the least: voltage, currents, silence of its sheet, size."""
    battery = bank.battery
    stated = (battery.depth_of_discharge_pct, flowing.accepts, flowing.gives)
    return (
        abs(bank.nominal_voltage - bank.system_voltage) > VOLTAGE_TOLERANCE * bank.system_voltage,
        flowing.gives is not None and (flowing.discharging or 0.0) > flowing.gives,
        flowing.accepts is not None and flowing.charging > flowing.accepts,
        stated.count(None),
        bank.nominal_energy,
    )


def storage_checks(
    bank: Bank, inverter: InverterDatasheet, flowing: BankCurrents, *, temperature: float
) -> list[Check]:
    """What must hold between the bank, the inverter and the loads."""
    battery, volts = bank.battery, bank.nominal_voltage
    return [
        at_least(
            "battery_capacity",
            "required Ah = daily Wh × autonomy ÷ (V × DoD × efficiencies × temperature factor)",
            bank.capacity_ah,
            bank.required_ah,
            "Ah",
            f"{bank.parallel} × {bank.series} units of {battery.nominal_v:g} V, {battery.capacity_ah:g} Ah",
        ),
        at_most(
            "battery_system_voltage",
            f"units in series reach the system voltage within {100 * VOLTAGE_TOLERANCE:g} %",
            abs(volts - bank.system_voltage),
            VOLTAGE_TOLERANCE * bank.system_voltage,
            "V",
            f"{bank.series} × {battery.nominal_v:g} V for {bank.system_voltage:g} V",
        ),
        _inverter_voltage_check(volts, inverter),
        *_chemistry_check(battery, inverter),
        at_most(
            "battery_discharge_current",
            "battery datasheet, largest discharge current",
            flowing.discharging,
            flowing.gives,
            "A",
            "all loads at once, through the inverter",
            missing="the peak of the loads or the battery's largest discharge current is unknown",
        ),
        at_most(
            "battery_surge_current",
            "battery datasheet, largest discharge current, for the seconds of a start",
            flowing.surging,
            flowing.gives,
            "A",
            "every load running while the heaviest starter starts; sheets seldom state a current for seconds",
            otherwise="warn",
            missing="the starting power of the loads or the battery's largest discharge current is unknown",
        ),
        at_most(
            "battery_charge_current",
            charge_limit(bank)[1],
            flowing.charging,
            flowing.accepts,
            "A",
            "what array and charger can deliver at the bank's voltage",
            otherwise="warn",
            missing="the battery's datasheet gives no largest charge current",
        ),
        at_most(
            "charge_controller_current",
            "array power ÷ bank voltage ≤ the charger's current",
            flowing.from_array,
            flowing.charger,
            "A",
            "beyond it the charger throttles; loads may still use the rest",
            otherwise="warn",
            missing=f"the charger's current is unknown; {flowing.from_array:.0f} A would use all of the array",
        ),
        _temperature_check(battery, temperature),
    ]


def charge_limit(bank: Bank) -> tuple[float | None, str]:
    """The most current the bank takes [A], None where unknown, and the rule it comes from."""
    if bank.battery.max_charge_a is not None:
        return bank.battery.max_charge_a * bank.parallel, "battery datasheet, largest charge current"
    if bank.battery.chemistry == "lead_acid":
        return bank.capacity_ah * LEAD_ACID_MAX_CHARGE_RATE, "lead-acid: at most C/7 (Home Power, C-rating)"
    return None, "battery datasheet, largest charge current"


def _inverter_voltage_check(volts: float, inverter: InverterDatasheet) -> Check:
    """By the stated window; where there is none, by the nominal voltage."""
    low, high, nominal = inverter.battery_v_min, inverter.battery_v_max, inverter.battery_voltage_v
    if low is not None and high is not None:
        middle, half = (low + high) / 2, (high - low) / 2
        return at_most(
            "inverter_battery_voltage",
            "inverter datasheet, battery voltage range: distance from its middle",
            abs(volts - middle),
            half,
            "V",
            f"bank {volts:g} V, inverter {low:g} to {high:g} V",
        )
    return at_most(
        "inverter_battery_voltage",
        "inverter datasheet, battery voltage",
        None if nominal is None else abs(volts - nominal),
        None if nominal is None else VOLTAGE_TOLERANCE * nominal,
        "V",
        f"bank {volts:g} V, inverter {nominal or 0:g} V",
        missing="the inverter's datasheet gives no battery voltage",
    )


def _chemistry_check(battery: BatteryDatasheet, inverter: InverterDatasheet) -> list[Check]:
    """Only where the inverter's sheet names the batteries that it is made for."""
    made_for = inverter.battery_chemistries
    if made_for is None:
        return []
    return [
        at_most(
            "inverter_battery_chemistry",
            "inverter datasheet, compatible batteries",
            float(battery.chemistry not in made_for),
            0.0,
            "mismatch",
            f"battery {battery.chemistry}, inverter made for {', '.join(made_for)}",
        )
    ]


def _temperature_check(battery: BatteryDatasheet, temperature: float) -> Check:
    """Whether the bank may be charged at all, or lies within what its capacity is known for."""
    known = effects()[battery.chemistry]
    if known.charging is None:
        return at_least(
            "battery_temperature",
            f"range of the capacity table ({known.temperature.source.split(',')[0]})",
            temperature,
            known.temperature.celsius[0],
            "°C",
            "below it the table ends and capacity falls further",
            otherwise="warn",
        )
    own = battery.charge_temp_min_c is not None and battery.charge_temp_max_c is not None
    low = battery.charge_temp_min_c if own else known.charging.celsius_min
    high = battery.charge_temp_max_c if own else known.charging.celsius_max
    rule = "battery datasheet, charging range" if own else known.charging.source
    detail = f"may be charged from {low:g} to {high:g} °C"
    if high is not None and temperature > high:
        return at_most("battery_temperature", rule, temperature, high, "°C", detail, otherwise="warn")
    return at_least("battery_temperature", rule, temperature, low, "°C", detail, otherwise="warn")
