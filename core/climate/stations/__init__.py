"""Published monthly climate of stations: what the screening model knows about clouds and temperature.

Every row's source was read, and the figures stand here as they stand there, or as the sums of the hours there;
`core.climate.station` turns them into one form. A year or two of record, records without coordinates or under
another station's name, and generated climates were left out. So were the places of the typical years in pvlib's
wheel: they are the test.
"""

from core.climate.station import Station
from core.climate.stations.cligen import CLIGEN
from core.climate.stations.dssat import DSSAT
from core.climate.stations.statistics import STATISTICS
from core.climate.stations.typical_americas import AMERICAS
from core.climate.stations.typical_elsewhere import ELSEWHERE

STATIONS: tuple[Station, ...] = (*DSSAT, *CLIGEN, *STATISTICS, *AMERICAS, *ELSEWHERE)
