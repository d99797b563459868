"""How far, and how long."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Degrees = TypeVar("Degrees", float, NDArray[np.float64])

EARTH_RADIUS_KM = 6371.0088
"""Mean radius R₁ = (2a + b) ÷ 3 of the GRS 80 ellipsoid, a = 6378.137 km, b = 6356.7523 km."""


def great_circle_km(
    latitude_a: float, longitude_a: float, latitude_b: Degrees, longitude_b: Degrees
) -> Degrees:
    """Distances on the sphere from one place to others by the haversine, well-conditioned for neighbours too."""
    phi_a, phi_b = np.radians(latitude_a), np.radians(latitude_b)
    half_phi = (phi_b - phi_a) / 2
    half_lambda = np.radians(np.subtract(longitude_b, longitude_a)) / 2
    haversine = np.sin(half_phi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lambda) ** 2
    distance: Degrees = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, haversine)))
    return distance
