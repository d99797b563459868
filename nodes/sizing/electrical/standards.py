"""The rule table of each standard, by the name that a job chooses it with."""

from collections.abc import Mapping

from nodes.sizing.electrical.iec_62548 import IEC_62548
from nodes.sizing.electrical.nec_2023 import NEC_2023
from nodes.sizing.electrical.rules import RuleTable, Standard

RULES: Mapping[Standard, RuleTable] = {"nec_2023": NEC_2023, "iec_62548": IEC_62548}
