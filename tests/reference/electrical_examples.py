"""Worked electrical examples that others published: what they were given, what they printed, where, by which edition.

`printed` is compared to the digits it has. An edition other than that of our tables is named where its rule is the
same; examples whose rule differs were left out.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Example(NamedTuple):
    """`given` are the arguments of the product's own function, in its order; `printed` as the source has it."""

    given: tuple[float | str | bool | None, ...]
    printed: str | bool | None
    source: str
    edition: str


NEC_23, NEC_17, NEC_14, NEC_11 = "NEC 2023", "NEC 2017", "NEC 2014", "NEC 2011"
ANY = "no edition named; the formula is that of every one"
IEC_16 = "IEC 62548:2016"

COLD_VOLTAGE: Sequence[Example] = (
    # v_oc [V], beta_voc [%/°C], lowest ambient [°C] → one module's voltage [V]
    Example((40.0, -0.30, -10.0), "44.2", "maker-label-studio NEC 690 string sizing guide", ANY),
    Example((49.5, -0.28, -5.0), "53.66", "amozeshbargh.ir post 69, step 1", ANY),
    Example((49.5, -0.27, -10.0), "54.2", "aionlinecalculator.com PV string sizing, questions", ANY),
    Example((42.0, -0.27, -10.0), "46", "solarpanelkits.co glossary, string sizing", ANY),
    Example((42.0, -0.27, 60.0), "38", "solarpanelkits.co glossary, string sizing, hot cell", ANY),
    Example(
        (22.60, -100 * 0.075 / 22.60, -7.0),
        "25.0",
        "M. Holt, Illustrated Guide to the 2011 NEC, 690.7",
        NEC_11,
    ),
    Example(
        (38.0, -100 * 60 * 0.0032 / 38.0, -23.0), "47.2", "Penn State AE 868, voltage design, method 1", ANY
    ),
    Example((49.0, -0.24, -7.2), "52.79", "NABCEP review 4, REC 410 W Alpha in Seattle", NEC_17),
    Example((45.0, -0.28, -10.0), "49.4", "public solar training notes, rooftop in Shimla, step 1", ANY),
    Example((48.0, -0.29, -10.0), "52.9", "public off-grid wiring notes, series wiring", ANY),
)

STRING_VOLTAGE: Sequence[Example] = (
    # modules, v_oc [V], beta_voc [%/°C], lowest ambient [°C] → the string's voltage [V]
    Example((11, 40.0, -0.30, -10.0), "486.2", "maker-label-studio NEC 690 string sizing guide", ANY),
    Example((20, 45.0, -0.28, -10.0), "988", "public solar training notes, Shimla, 20 modules", ANY),
    Example((18, 45.0, -0.28, -10.0), "889", "public solar training notes, Shimla, 18 modules", ANY),
    Example((14, 49.5, -0.27, -10.0), "758.5", "public plan-check rules, 2 × 14 modules, 690.7", NEC_23),
)

LONGEST_STRING: Sequence[Example] = (
    # v_oc [V], beta_voc [%/°C], lowest ambient [°C], inverter's maximum [V] → modules
    Example((40.0, -0.30, -10.0, 500.0), "11", "maker-label-studio NEC 690 string sizing guide", ANY),
    Example((49.5, -0.28, -5.0, 1000.0), "18", "amozeshbargh.ir post 69, step 2", ANY),
)

HOT_VOLTAGE: Sequence[Example] = (
    # v_mp [V], beta_vmp [%/°C], cell [°C] → one module's voltage [V]
    Example((41.2, -0.28, 45.0), "38.9", "amozeshbargh.ir post 69, step 3", ANY),
)

TABLE_690_7: Sequence[Example] = (
    # modules, v_oc [V], lowest ambient [°C] → the string's voltage by Table 690.7(A) [V]
    Example((12, 37.0, -10.0), "506.16", "PanelWright article 62, example 1", NEC_17),
    Example(
        (16, 37.0, -10.0), "674.88", "PanelWright article 62, example 2: over 600 V on a dwelling", NEC_17
    ),
    Example((14, 49.5, -10.0), "790.02", "public plan-check rules, 14 modules without a coefficient", NEC_23),
    Example((1, 1.0, -7.0), "1.14", "M. Holt, Illustrated Guide to the 2011 NEC, Table 690.7", NEC_11),
    Example((1, 1.0, (-10 - 32) * 5 / 9), "1.20", "Penn State AE 868, voltage design, method 2, −10 °F", ANY),
)

MAXIMUM_CURRENT: Sequence[Example] = (
    # Isc [A], strings in parallel → I_max [A], 690.8(A)(1)
    Example((8.8, 1), "11", "Home Power, PV Circuit Sizing & Current Calculations, page 2", NEC_14),
    Example((9.2, 1), "11.5", "MidNite MN5048DIY manual, page 39", ANY),
    Example((9.6, 3), "36", "PanelWright article 62, example 5", NEC_17),
    Example((13.0, 1), "16.25", "PanelWright article 62, example 1", NEC_17),
)

CONTINUOUS_CURRENT: Sequence[Example] = (
    # Isc [A] → 1.25 × I_max [A], 690.8(B)(1)
    Example((8.8,), "13.75", "Home Power, PV Circuit Sizing & Current Calculations, page 2", NEC_14),
    Example((9.2,), "14.4", "MidNite MN5048DIY manual, page 39", ANY),
    Example((9.5,), "14.8", "tools.gera.services string fuse calculator", ANY),
)

DEVICE: Sequence[Example] = (
    # continuous output current [A] → device [A], 690.8(B), 240.6(A)
    Example((32.0,), "40", "solardesignlab.com 120 % rule", NEC_23),
    Example((7600 / 240,), "40", "IAEI Magazine 2020-09, photo 1, 7.6 kW", NEC_17),
    Example((20.0,), "25", "City of Santa Ana, permit plan of 1227 W River Ln, inverter overcurrent", NEC_17),
    Example((15.3,), "20", "City of Santa Ana, document 4258, page 22, D 2", NEC_11),
    Example((48.0,), "60", "City of Santa Ana, document 520159, page 7, Powerwall 3", "California code 2022"),
    Example((16.0,), "20", "Town of Vail, permit B14-0266, 16 inverters of 1 A", NEC_14),
    Example((50.0,), "70", "Town of Vail, permit B14-0266, 50 inverters of 1 A", NEC_14),
    Example(
        (4000 / 240,), "25", "NABCEP PV Installation Professional questions, one of three inverters", NEC_14
    ),
    Example(
        (3 * 16.7,), "70", "NABCEP PV Installation Professional questions, three inverters of 4 kW", NEC_14
    ),
)

CONDUCTOR: Sequence[Example] = (
    # Isc [A], ambient [°C], conductors together, fused → smallest copper [AWG]
    Example(
        (8.8, 30.0, 2, False), "14", "Home Power, PV Circuit Sizing & Current Calculations, page 2", NEC_14
    ),
    Example(
        (11.48, 47.0, 9, False), "14", "oregonlrt.com, source circuit conductors, 14 AWG up to 11.48 A", ANY
    ),
    Example((11.49, 47.0, 9, False), "12", "the same, 12 AWG beyond", ANY),
    Example(
        (13.78 - 0.005, 47.0, 9, False), "12", "the same, 12 AWG up to 13.78 A (rounded up from 13.776)", ANY
    ),
    Example((13.79, 47.0, 9, False), "10", "the same, 10 AWG beyond", ANY),
    Example((18.368, 47.0, 9, False), "10", "the same, 10 AWG up to 18.37 A (rounded up from 18.368)", ANY),
    Example((18.38, 47.0, 9, False), "8", "the same, no longer 10 AWG", ANY),
)

OUTPUT_CONDUCTOR: Sequence[Example] = (
    # continuous output current [A] → smallest copper [AWG] with its device
    Example(
        (7600 / 240,), "8", "IAEI Magazine 2020-09, photo 1: 10 AWG may not have the 40 A breaker", NEC_17
    ),
    Example((50.0,), "6", "Town of Vail, permit B14-0266, from the combining panel", NEC_14),
)

AMPACITY: Sequence[Example] = (
    # size [AWG], ambient [°C], conductors together → ampacity of the 90 °C column, corrected and adjusted [A]
    Example(("12", 30.0, 3), "30", "wiresizes.com, NEC Table 310.16", NEC_23),
    Example(("10", 30.0, 6), "32", "wiresizes.com, NEC Table 310.16, six conductors", NEC_23),
    Example(("12", 55.0, 3), "22.8", "engineerboards.com 27269: 30 A × 0.76", NEC_11),
    Example(("10", 40.0, 6), "29.12", "City of Santa Ana, permit plan of 1227 W River Ln, DC wire", NEC_17),
    Example(("10", 40.0, 3), "36.4", "City of Santa Ana, permit plan of 1227 W River Ln, AC wire", NEC_17),
    Example(("10", 70.0, 3), "23.2", "18voltpowertoolsz.blogspot.com 2011-11, USE-2 at 158 °F", "NEC 2008"),
    Example(("12", 70.0, 3), "17.4", "the same, 12 AWG", "NEC 2008"),
    Example(("14", 70.0, 3), "14.5", "the same, 14 AWG", "NEC 2008"),
    Example(("10", 70.0, 10), "11.6", "the same, ten circuits in one conduit", "NEC 2008"),
    Example(("10", 70.0, 5), "18.56", "the same, five circuits in one conduit", "NEC 2008"),
)

STRING_FUSE: Sequence[Example] = (
    # Isc [A], strings in parallel, maximum series fuse [A] → whether strings need fuses
    Example((8.8, 1, 15.0), False, "Home Power, PV Overcurrent Protection, page 2", NEC_11),
    Example((8.8, 2, 15.0), False, "Home Power, PV Overcurrent Protection, page 2", NEC_11),
    Example((8.8, 3, 15.0), True, "Home Power, PV Overcurrent Protection, page 2", NEC_11),
    Example((12.28, 2, 20.0), False, "solarsaarthi.com DC fuses, example 1, two strings", IEC_16),
    Example((12.28, 4, 20.0), True, "solarsaarthi.com DC fuses, example 2, four strings", IEC_16),
)

FUSE_RATING: Sequence[Example] = (
    # standard, Isc [A] → smallest rating [A]
    Example(("nec_2023", 9.5), "15", "tools.gera.services string fuse calculator", ANY),
    Example(("nec_2023", 9.0), "15", "oregonlrt.com, NEC 690.8(B)(1)", ANY),
    Example(("iec_62548", 12.28), "18.42", "solarsaarthi.com DC fuses, example 2, step 2", IEC_16),
)

BUSBAR: Sequence[Example] = (
    # busbar [A], main [A], feed, loads' breakers [A], output current [A] → room for back-feed [A], whether it fits
    Example(
        (200, 200, "end", None, 32.0, True), "40", "solardesignlab.com 120 % rule: 32 A on 200 A", NEC_23
    ),
    Example(
        (200, 200, "end", None, 64.0, False), "40", "forums.mikeholt.com 2580629: 280 A need 233 A", NEC_23
    ),
    Example(
        (233.4, 200, "end", None, 64.0, True),
        "80",
        "forums.mikeholt.com 2580629: 280 A ÷ 120 % = 233 A",
        NEC_23,
    ),
    Example(
        (280, 200, "end", None, 64.0, True), "80", "forums.mikeholt.com 2580629: 280 A, 705.12(B)(1)", NEC_23
    ),
    Example(
        (200, 200, "center", None, 32.0, True), "40", "RE-wrenches, B. Brooks, 2016-03-03, centre-fed", NEC_17
    ),
    Example(
        (200, 200, "end", None, 20.0, True), "40", "City of Santa Ana, 1227 W River Ln, backfeed", NEC_17
    ),
    Example((200, 125, "end", None, 90.0, True), "115", "forum.solar-electric.com 11818: 40 + 75 A", ANY),
    Example((200, 175, "end", None, 48.0, True), "65", "diysolarforum.com 82037: 240 − 175 A", ANY),
    Example((225, 200, "end", None, 55.0, True), "70", "325603.net, 225 A busbar with a 200 A main", ANY),
    Example(
        (200, 150, "end", None, 60.0, True), "90", "solarpaneltalk.com 417715: 200 A panel, 150 A main", ANY
    ),
    Example(
        (125, 100, "end", None, 40.0, True), "50", "life-improver.com, 125 A busbar with a 100 A main", ANY
    ),
    Example(
        (200, 200, "end", 30, 48.0, True),
        "170",
        "forums.mikeholt.com 2585503: 30 + 60 A, sum of all",
        "NEC 2020",
    ),
)

VOLTAGE_DROP: Sequence[Example] = (
    # size [AWG], length [ft], current [A], voltage [V] → of that voltage [%]
    Example(("6", 100.0, 30.0, 48.0), "6.01", "calculatorsir.com PV voltage drop, 6 AWG", ANY),
    Example(("1", 100.0, 30.0, 48.0), "1.88", "calculatorsir.com PV voltage drop, 1 AWG", ANY),
)

ALL: dict[str, Sequence[Example]] = {
    "cold voltage": COLD_VOLTAGE,
    "string voltage": STRING_VOLTAGE,
    "longest string": LONGEST_STRING,
    "hot voltage": HOT_VOLTAGE,
    "Table 690.7(A)": TABLE_690_7,
    "690.8(A)": MAXIMUM_CURRENT,
    "690.8(B)": CONTINUOUS_CURRENT,
    "240.6": DEVICE,
    "source conductor": CONDUCTOR,
    "output conductor": OUTPUT_CONDUCTOR,
    "310.16": AMPACITY,
    "string fuse": STRING_FUSE,
    "fuse rating": FUSE_RATING,
    "705.12": BUSBAR,
    "voltage drop": VOLTAGE_DROP,
}
