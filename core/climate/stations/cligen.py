"""Station files of the weather generator CLIGEN."""

from core.climate.station import Station, cligen

CLIGEN: tuple[Station, ...] = (
    # Radiation of the next two was interpolated by CLIGEN's authors from the stations named there.
    cligen(
        "wa459074",
        "Wenatchee, Washington, 40 years",
        (47.42, -120.32, 630),
        "97 193 313 430 521 593 616 523 396 244 118 76",
        "35.77 43.62 54.92 64.41 72.84 80.23 88.55 87.62 78.68 63.79 46.62 35.90",
        "24.75 27.91 33.95 40.67 48.52 55.41 61.26 60.22 51.65 40.97 32.30 25.79",
    ),
    cligen(
        "ca041484",
        "Canoga Park, California, 40 years",
        (34.18, -118.57, 790),
        "236 291 404 529 557 569 553 548 452 346 277 225",
        "68.56 69.50 72.55 76.99 81.64 88.15 95.10 96.16 92.27 84.21 75.26 68.58",
        "40.31 41.02 42.84 45.08 49.81 53.73 57.65 57.74 55.64 50.09 43.15 39.16",
    ),
)
