"""Fault codes: every row resolves and cites its source, a vendorless code asks, an unknown one is not guessed."""

from typing import Any

import pytest

from nodes.triage import knowledge, sunspec
from nodes.triage.codes import look_up, read_codes
from nodes.triage.engine import triage
from nodes.triage.knowledge import DATA
from nodes.triage.vendors import from_name, from_text, narrowed
from state.job import JobInput
from state.triage import TriageAnswer

NAIROBI = {"latitude": -1.27, "longitude": 36.84}
TABLES = sorted(file.stem for file in (DATA / "codes").glob("*.csv") if file.stem != "sunspec")
ROWS = [(vendor, row) for vendor in TABLES for row in knowledge.codes(vendor).values()]


def of_codes(codes: list[str], vendor: str | None = None, **rest: Any) -> TriageAnswer:
    answers = rest.pop("answers", {})
    ticket = {"fault_codes": codes, "vendor": vendor, "text": rest.pop("text", None)}
    job = JobInput.model_validate({"kind": "triage", "site": NAIROBI, "ticket": ticket, **rest})
    return triage(job, answers, production=None)


@pytest.mark.parametrize(("vendor", "row"), ROWS, ids=lambda part: getattr(part, "code", part))
def test_every_code_resolves_and_cites_its_source(vendor: str, row: knowledge.Code) -> None:
    read = read_codes([row.code], vendor)

    assert [finding.mode for finding in read.findings] == [row.mode]
    assert read.findings[0].rule == row.source
    assert row.source in knowledge.sources().values()
    assert row.says in read.findings[0].says
    assert not read.unknown
    assert not read.waiting


@pytest.mark.parametrize(
    ("vendor", "name"), [(vendor, name) for vendor, row in ROWS for name in row.names], ids=str
)
def test_a_code_is_found_by_the_message_on_the_display_too(vendor: str, name: str) -> None:
    assert len(look_up(vendor, name.upper())) == 1


@pytest.mark.parametrize("mode", knowledge.modes().values(), ids=lambda mode: mode.id)
def test_every_failure_mode_says_what_to_do(mode: knowledge.Mode) -> None:
    assert mode.checks
    assert mode.label
    assert mode.cause
    assert 0 <= mode.lost_share <= 1
    assert mode.visit or mode.remote or mode.id == "routine_work"
    assert set(mode.hazards) | set(mode.precautions) <= set(knowledge.hazard_rules())
    assert not (mode.hazards and not mode.visit), "a hazard needs somebody on site"


def test_every_vendor_with_a_table_is_told_apart_by_a_word_of_its_own() -> None:
    for vendor in TABLES:
        owned = [
            alias
            for alias in knowledge.vendors()[vendor].aliases
            if sum(alias in other.aliases for other in knowledge.vendors().values()) == 1
        ]
        assert owned, vendor


@pytest.mark.parametrize("model", sunspec.GROUPS)
def test_every_event_bit_of_the_bundled_sunspec_models_resolves(model: int) -> None:
    points = sunspec.event_points(model)

    assert points
    for point, bits in points.items():
        for bit, symbol in bits.items():
            events = sunspec.read(f"{model}:{point}:{bit}")
            if symbol.removeprefix("M_EVENT_").upper().startswith(("RESERVED", "OEM")):
                assert not events
            else:
                assert [event.symbol for event in events] == [symbol.removeprefix("M_EVENT_").upper()]
                assert "pysunspec2" in events[0].source
                assert events[0].mode in knowledge.modes()


def test_the_sunspec_table_holds_no_symbol_that_the_models_do_not() -> None:
    bundled = {
        (group, symbol.removeprefix("M_EVENT_").upper())
        for model, group in sunspec.GROUPS.items()
        for bits in sunspec.event_points(model).values()
        for symbol in bits.values()
    }

    table = {(row["group"], row["symbol"]) for row in knowledge.load_csv("codes/sunspec.csv")}

    assert table <= bundled


def test_a_register_value_stands_for_every_bit_set_in_it() -> None:
    events = sunspec.read("103:Evt1:0x00000081")

    assert [event.symbol for event in events] == ["GROUND_FAULT", "OVER_TEMP"]


def test_one_sunspec_word_means_another_asset_in_another_model() -> None:
    inverter, battery = sunspec.read("103:GROUND_FAULT"), sunspec.read("802:GROUND_FAULT")

    assert knowledge.modes()[inverter[0].mode].asset == "string"
    assert knowledge.modes()[battery[0].mode].asset == "battery"


@pytest.mark.parametrize(
    ("vendor", "written", "code"),
    [
        ("solaredge", "25", "25"),
        ("fronius", "State 475", "475"),
        ("fronius", "error code: 102", "102"),
        ("solis", "1033", "1033"),
        ("solis", "1033H", "1033"),
        ("solis", "0x1033", "1033"),
        ("solis", "4147", "1033"),
        ("sofar", "ID56", "ID56"),
        ("sofar", "1", "ID01"),
        ("deye", "F8", "F08"),
        ("deye", "24", "F24"),
        ("huawei", "2032-1", "2032"),
        ("goodwe", "bit 18", "BIT18"),
        ("goodwe", "isolation failure", "BIT18"),
        ("goodwe", "0x00040000", "BIT18"),
        ("victron_charger", "Err 33", "33"),
        ("sma", "event 3501", "3501"),
        ("sungrow", "039", "39"),
        ("sungrow", "Fault 002", "2"),
    ],
)
def test_a_code_is_read_in_every_usual_spelling(vendor: str, written: str, code: str) -> None:
    assert [row.code for row in look_up(vendor, written)] == [code]


def test_a_bare_number_means_nothing_where_a_vendor_numbers_bits_of_two_words() -> None:
    assert look_up("goodwe", "18") == []


def test_the_same_number_means_something_else_with_another_vendor() -> None:
    modes = {look_up(vendor, "17")[0].mode for vendor in ("solaredge", "victron_charger", "victron_vebus")}

    assert modes == {"inverter_hot", "inverter_parallel_link"}


def test_a_code_without_a_vendor_asks_whose_it_is() -> None:
    answer = of_codes(["150"])

    assert [question.id for question in answer.questions] == ["vendor"]
    assert answer.questions[0].kind == "choice"
    assert answer.triage is not None
    assert answer.triage.asset == "unknown"
    assert any("150" in warning for warning in answer.triage.warnings)


def test_the_answer_decodes_the_code_and_asks_no_more() -> None:
    answer = of_codes(["150"], answers={"vendor": "SolarEdge"})

    assert answer.questions == []
    assert answer.triage is not None
    assert answer.triage.failure_mode == "pv_arc"
    assert answer.triage.stop_work


def test_none_of_the_known_vendors_is_an_answer_too() -> None:
    answer = of_codes(["150"], answers={"vendor": "other", "fault_description": "no idea"})

    assert answer.questions == []
    assert answer.triage is not None
    assert answer.triage.asset == "unknown"
    assert any("no codes of other are known" in warning for warning in answer.triage.warnings)


def test_an_ambiguous_brand_is_asked_about_among_its_own_devices() -> None:
    answer = of_codes(["17"], vendor="Victron")

    assert answer.questions[0].choices == [
        "Victron solar charger, RS or Phoenix",
        "Victron MultiPlus or Quattro (VE.Bus)",
        "other",
    ]


def test_a_product_named_in_the_text_settles_an_ambiguous_brand() -> None:
    answer = of_codes(["17"], vendor="Victron", text="SmartSolar 150/35 in the cabinet stopped")

    assert answer.questions == []
    assert answer.triage is not None
    assert answer.triage.failure_mode == "inverter_hot"


def test_an_unknown_code_is_said_and_not_guessed() -> None:
    answer = of_codes(["9999"], vendor="SolarEdge")

    assert answer.triage is not None
    assert answer.triage.asset == "unknown"
    assert any("9999" in w and "not guessed" in w for w in answer.triage.warnings)
    assert [question.id for question in answer.questions] == ["fault_description"]


def test_a_vendor_without_a_table_is_not_asked_about_again() -> None:
    answer = of_codes(["17"], vendor="Acme Solar")

    assert [question.id for question in answer.questions] == ["fault_description"]


def test_a_code_that_cannot_be_decoded_may_still_speak_of_danger() -> None:
    answer = of_codes(["ARC_DETECTED"])

    assert answer.triage is not None
    assert answer.triage.stop_work
    assert [question.id for question in answer.questions] == ["vendor"]


def test_the_vendor_is_taken_from_the_inverter_that_the_job_states() -> None:
    inverter = {"manufacturer": "Fronius", "model": "Symo 5.0-3-M", "pac_w": 5000}

    answer = of_codes(["475"], equipment={"inverter": inverter})

    assert answer.questions == []
    assert answer.triage is not None
    assert answer.triage.failure_mode == "pv_insulation_low"


def test_a_code_quoted_in_the_text_is_read_where_the_vendor_is_clear() -> None:
    job = {"text": "the Fronius Primo shows state 307 around noon"}

    found = of_codes([], **job).triage

    assert found is not None
    assert found.failure_mode == "pv_undervoltage"
    assert found.evidence[0].source == "code"


def test_a_maker_whose_codes_speak_for_themselves_may_be_quoted_without_a_word_before() -> None:
    found = of_codes([], text="deye 8kW shows F56, battery low every night").triage

    assert found is not None
    assert found.evidence[0].source == "code"
    assert found.failure_mode == "battery_undervoltage"


def test_a_quoted_code_whose_vendor_is_not_clear_is_mentioned_and_not_guessed() -> None:
    answer = of_codes([], text="error code 3502 present, inverter tripped")

    assert answer.questions == []
    assert answer.triage is not None
    assert any("3502" in warning for warning in answer.triage.warnings)


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("SolarEdge Technologies", ("solaredge",)),
        ("Fronious", ("fronius",)),
        ("Fronius Symo GEN24 plus", ("fronius_gen24",)),
        ("sun synk", ("deye",)),
        ("victron", ("victron_charger", "victron_vebus")),
        ("Victron MultiPlus-II", ("victron_vebus",)),
        ("Acme", ()),
        ("Acme Solar", ()),
    ],
)
def test_vendors_are_recognised_by_brand_product_and_near_misspelling(
    said: str, ids: tuple[str, ...]
) -> None:
    assert from_name(said).ids == ids


def test_two_brands_in_one_text_decide_nothing() -> None:
    assert from_text("moved the SolarEdge next to the Fronius Primo").ids == ()
    assert narrowed(from_text("no brand here"), "").ids == ()
