"""The heat index against the National Weather Service's published chart, cell by cell.

The chart's values were read at rfcafe.com/references/general/heat-index.htm, which credits NOAA: temperature in rows
[°F], relative humidity from 40 % in columns of 5 %, in whole degrees.
"""

import pytest

from nodes.weather.heat import heat_index_f

CHART = {
    110: [136],
    108: [130, 137],
    106: [124, 130, 137],
    104: [119, 124, 131, 137],
    102: [114, 119, 124, 130, 137],
    100: [109, 114, 118, 124, 129, 136],
    98: [105, 109, 113, 117, 123, 128, 134],
    96: [101, 104, 108, 112, 116, 121, 126, 132],
    94: [97, 100, 102, 106, 110, 114, 119, 124, 129, 136],
    92: [94, 96, 99, 101, 105, 108, 112, 116, 121, 126, 131],
    90: [91, 93, 95, 97, 100, 103, 106, 109, 113, 117, 122, 127, 132],
    88: [88, 89, 91, 93, 95, 98, 100, 103, 106, 110, 113, 117, 121],
    86: [85, 87, 88, 89, 91, 93, 95, 97, 100, 102, 105, 108, 112],
    84: [83, 84, 85, 86, 88, 89, 90, 92, 94, 96, 98, 100, 103],
    82: [81, 82, 83, 84, 84, 85, 86, 88, 89, 90, 91, 93, 95],
    80: [80, 80, 81, 81, 82, 82, 83, 84, 84, 85, 86, 86, 87],
}
CELLS = [(temp, 40 + 5 * step, printed) for temp, row in CHART.items() for step, printed in enumerate(row)]

MISPRINTS = {
    (
        94,
        50,
    ): "printed 102; the regression that the chart was made with gives 102.9, and the cells around it round",
    (94, 85): "printed 136; the regression gives 135.2, and other copies of the chart print 135",
}
"""By temperature and humidity, and why. They are within a degree too, so no cell has to be left out."""


def test_the_chart_was_read_whole() -> None:
    assert len(CELLS) == 135


@pytest.mark.parametrize("temp", CHART)
def test_every_cell_is_within_one_degree(temp: int) -> None:
    """In whole degrees, as the chart is."""
    off = {
        humidity: round(heat_index_f(float(temp), float(humidity))) - printed
        for row, humidity, printed in CELLS
        if row == temp
    }
    assert max(map(abs, off.values())) <= 1, off


def test_the_misprints_are_the_cells_of_the_plain_regression_that_do_not_round_to_what_is_printed() -> None:
    wrong = {
        (temp, humidity)
        for temp, humidity, printed in CELLS
        if abs(heat_index_f(float(temp), float(humidity)) - printed) > 0.8 and not _adjusted(temp, humidity)
    }
    assert wrong == MISPRINTS.keys()


def _adjusted(temp: int, humidity: int) -> bool:
    """Where the Weather Prediction Center adds to the regression what the older chart does not have."""
    return humidity > 85 and 80 < temp < 87
