"""One design: modules in strings on inverters. Everything else is worked out from it."""

from dataclasses import dataclass
from functools import cached_property

from nodes.sizing.strings import ModuleVoltages, SiteTemperatures, StringGroup, StringWindow
from state.equipment import InverterDatasheet, ModuleDatasheet, StringLayout
from state.sizing import InverterResult, StringLimits


@dataclass(frozen=True)
class Design:
    """What is on the roof and on the wall."""

    module: ModuleDatasheet
    inverter: InverterDatasheet
    inverters: int
    groups: tuple[StringGroup, ...]
    site: SiteTemperatures
    voltages: ModuleVoltages
    window: StringWindow

    @cached_property
    def modules(self) -> int:
        return sum(group.modules for group in self.groups)

    @property
    def strings(self) -> list[StringLayout]:
        return [string for group in self.groups for string in group.layouts()]

    @property
    def pdc0(self) -> float:
        """Nameplate of the array [W]."""
        return self.modules * self.module.p_mp_w

    @property
    def pac0(self) -> float:
        """Rating of all inverters together [W]."""
        return self.inverters * self.inverter.pac_w

    @property
    def backup_pac0(self) -> float:
        """What all inverters together carry without the grid, continuously [W]."""
        return self.inverters * (self.inverter.backup_w or self.inverter.pac_w)

    @cached_property
    def longest(self) -> int:
        return max((group.modules_per_string for group in self.groups), default=0)

    @cached_property
    def shortest(self) -> int:
        return min((group.modules_per_string for group in self.groups), default=0)

    @cached_property
    def most_parallel(self) -> int:
        return max((group.parallel for group in self.groups), default=0)

    @property
    def last_input(self) -> int:
        return max((group.first_input + group.inputs - 1 for group in self.groups), default=0)

    def modules_on(self, plane: str) -> int:
        return sum(group.modules for group in self.groups if group.plane == plane)

    def inverter_result(self) -> InverterResult:
        return InverterResult(
            **self.inverter.model_dump(),
            count=self.inverters,
            pac0_w=self.pac0,
            dc_ac_ratio=round(self.pdc0 / self.pac0, 3),
        )

    def string_limits(self) -> StringLimits:
        at = self.voltages
        return StringLimits(
            v_oc_cold_v=_rounded(at.v_oc_cold),
            v_mp_hot_v=round(at.v_mp_hot, 2),
            v_mp_cold_v=_rounded(at.v_mp_cold),
            v_oc_hot_v=round(at.v_oc_hot, 2),
            v_oc_table_v=_rounded(at.v_oc_table),
            modules_per_string_min=self.window.fewest,
            modules_per_string_max=None if at.v_oc_cold is None else self.window.most,
            design_temp_min_c=self.site.temp_min,
            design_temp_max_c=round(self.site.temp_max, 1),
            temp_cell_hot_c=round(self.site.temp_cell_hot, 1),
        )


def _rounded(volts: float | None) -> float | None:
    return None if volts is None else round(volts, 2)
