"""The CEC tables: the right row under every spelling, from the CSV and from the cache alike."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.catalog import cec
from core.catalog.cec import CecModule, find_cec_inverter, find_cec_module
from core.errors import NotFound

# Row 'Jinko Solar Co._ Ltd JKM400M-72HL-V' of sam-library-cec-modules-2019-03-05.csv.
JINKO = CecModule(
    name="Jinko Solar Co._ Ltd JKM400M-72HL-V",
    stc=400.32,
    area=1.96,
    cells_in_series=144,
    i_sc=10.36,
    v_oc=49.8,
    i_mp=9.6,
    v_mp=41.7,
    alpha_sc=0.00663,
    beta_oc=-0.160356,
    temp_noct=45.1,
    a_ref=2.025363,
    i_l_ref=10.704648,
    i_o_ref=2.089202e-10,
    r_s=0.193943,
    r_sh_ref=67.365326,
    adjust=7.040804,
    gamma_r=-0.372,
)
ABB = "ABB: MICRO-0.25-I-OUTD-US-208 [208V]"


@pytest.fixture(autouse=True)
def _forget_loaded_tables() -> None:
    cec._modules.cache_clear()
    cec._inverters.cache_clear()


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that does not exist yet when it is first used."""
    return tmp_path_factory.mktemp("cec") / "cache"


@pytest.mark.parametrize(
    "name",
    [
        "Jinko Solar Co._ Ltd JKM400M-72HL-V",
        "Jinko_Solar_Co___Ltd_JKM400M_72HL_V",
        "JKM400M-72HL-V",
        "jkm400m 72hl-v",
    ],
)
def test_a_module_is_found_as_the_list_and_as_pvlib_write_it_and_by_its_type(
    name: str, cache_dir: Path
) -> None:
    assert find_cec_module(name, cache_dir) == JINKO


def test_without_a_cache_folder_the_csv_gives_the_same_row() -> None:
    assert find_cec_module("JKM400M-72HL-V") == JINKO


def test_an_inverter_is_found_with_its_grid_voltage(cache_dir: Path) -> None:
    found = find_cec_inverter(ABB, cache_dir)
    assert found == find_cec_inverter("ABB__MICRO_0_25_I_OUTD_US_208__208V_", cache_dir)
    assert (found.paco, found.pdco, found.vdco, found.pso) == (250.0, 259.588593, 40.0, 2.089607)
    assert (found.c0, found.c1, found.c2, found.c3) == (-4.1e-5, -9.1e-5, 4.94e-4, -0.013171)
    assert found.pnt == 0.075


def test_products_that_differ_by_a_sign_only_are_told_apart(cache_dir: Path) -> None:
    assert find_cec_module("Suntech Power STP190S-24/Ad", cache_dir).name.endswith("/Ad")
    assert find_cec_module("Suntech Power STP190S-24/Ad+", cache_dir).name.endswith("/Ad+")


def test_a_fragment_of_several_names_is_refused_with_some_of_them(cache_dir: Path) -> None:
    with pytest.raises(NotFound, match=r"did you mean '[^']+72HL-V', '"):
        find_cec_module("72HL-V", cache_dir)


def test_a_near_miss_is_suggested(cache_dir: Path) -> None:
    with pytest.raises(NotFound, match=r"unknown CEC module .*Jinko Solar Co\._ Ltd JKM400M-72HL"):
        find_cec_module("Jinko JKM400M-72HV", cache_dir)


def test_the_datasheet_of_a_cec_row_leaves_unknown_limits_unknown() -> None:
    sheet = JINKO.datasheet()
    # −0.160356 V/K of 49.8 V, 0.00663 A/K of 10.36 A.
    assert sheet.beta_voc_pct_per_c == pytest.approx(-0.3220, abs=5e-5)
    assert sheet.alpha_isc_pct_per_c == pytest.approx(0.0640, abs=5e-5)
    assert sheet.max_system_voltage_v is None
    assert sheet.max_series_fuse_a is None


def test_a_second_reader_takes_the_cache_as_it_is(tmp_path: Path) -> None:
    first = find_cec_inverter(ABB, tmp_path)
    (cached,) = tmp_path.iterdir()
    written = cached.stat().st_mtime_ns
    cec._inverters.cache_clear()
    assert find_cec_inverter(ABB, tmp_path) == first
    assert cached.stat().st_mtime_ns == written
    content = cec._load(cached)
    assert content is not None
    assert len(content.names) == 3264


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a table", b"\x93NUMPY"])
def test_a_damaged_cache_is_parsed_anew_and_repaired(damage: bytes, tmp_path: Path) -> None:
    expected = find_cec_inverter(ABB, tmp_path)
    (cached,) = tmp_path.iterdir()
    cached.write_bytes(damage)
    cec._inverters.cache_clear()
    assert find_cec_inverter(ABB, tmp_path) == expected
    assert cec._load(cached) is not None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    assert find_cec_inverter(ABB, blocked).paco == 250.0


def test_neither_pvlib_nor_pandas_is_imported() -> None:
    script = (
        "import sys; from core.catalog.cec import find_cec_inverter; "
        f"find_cec_inverter({ABB!r}); sys.exit('pvlib' in sys.modules or 'pandas' in sys.modules)"
    )
    root = Path(cec.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
