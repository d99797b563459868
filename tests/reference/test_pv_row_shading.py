"""Rows shading each other, against pvlib's shaded fraction and view factors."""

import numpy as np
import pvlib
import pytest

from core.pv.shading import row_shading, typical_rows

RNG = np.random.default_rng(19)
ZENITH = RNG.uniform(0.0, 89.0, 2000)
AZIMUTH = RNG.uniform(0.0, 360.0, 2000)
MANY = 10**9
RACKS = [(10.0, 180.0, 0.4), (30.0, 180.0, 0.4), (30.0, 0.0, 0.6), (60.0, 135.0, 0.3)]


@pytest.mark.parametrize(("tilt", "azimuth", "gcr"), RACKS)
def test_shadows_of_rows_are_those_of_the_projected_sun(tilt: float, azimuth: float, gcr: float) -> None:
    # pvlib thinks of trackers: a row rotates about an axis that points 90° to the left of where it looks.
    expected = pvlib.shading.shaded_fraction1d(
        ZENITH,
        AZIMUTH,
        axis_azimuth=azimuth - 90.0,
        shaded_row_rotation=tilt,
        collector_width=1.0,
        pitch=1.0 / gcr,
    )
    left = row_shading(tilt, azimuth, ZENITH, AZIMUTH, np.ones(2000), gcr=gcr, rows=MANY)
    in_front = np.cos(np.radians(AZIMUTH - azimuth)) > 0.0
    assert np.count_nonzero(expected[in_front] > 0.0) > 10
    assert 1.0 - left.beam[in_front] == pytest.approx(expected[in_front], abs=1e-6)
    assert left.beam[~in_front] == pytest.approx(1.0)


@pytest.mark.parametrize(("tilt", "azimuth", "gcr"), RACKS)
def test_the_sky_and_ground_in_view_are_those_of_endless_rows(
    tilt: float, azimuth: float, gcr: float
) -> None:
    left = row_shading(tilt, azimuth, ZENITH, AZIMUTH, np.zeros(2000), gcr=gcr, rows=MANY)
    view = pvlib.bifacial.utils
    sky = float(view.vf_row_sky_2d_integ(tilt, gcr))
    open_sky = (1.0 + np.cos(np.radians(tilt))) / 2.0
    assert left.sky == pytest.approx(sky / open_sky, abs=1e-4)
    ground = float(view.vf_row_ground_2d_integ(tilt, gcr, max_rows=500))
    open_ground = (1.0 - np.cos(np.radians(tilt))) / 2.0
    assert left.ground[0] == pytest.approx(ground / open_ground, abs=1e-3)


def test_one_row_and_flat_rows_lose_nothing() -> None:
    single = row_shading(30.0, 180.0, ZENITH, AZIMUTH, np.ones(2000), gcr=0.5, rows=1)
    flat = row_shading(0.0, 180.0, ZENITH, AZIMUTH, np.ones(2000), gcr=0.5, rows=MANY)
    for left in (single, flat):
        assert left.beam == pytest.approx(1.0)
        assert left.sky == pytest.approx(1.0)
        assert left.ground == pytest.approx(1.0)


def test_rows_are_those_of_a_square_array_of_modules_two_above_each_other() -> None:
    assert [typical_rows(pdc0) for pdc0 in (250.0, 1200.0, 4000.0, 500_000.0)] == [1, 2, 3, 29]
