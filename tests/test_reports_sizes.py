"""The more photos, the smaller their pictures."""

from __future__ import annotations

from restore.reports.sizes import sizes_for


def test_pictures_shrink_as_photos_grow_more_numerous() -> None:
    numbers = (1, 60, 61, 300, 301, 1_500, 1_501, 6_000, 6_001, 1_000_000)
    edges = [sizes_for(number).overview for number in numbers]
    assert edges == sorted(edges, reverse=True)
    assert edges[0] == edges[1] > edges[2] and edges[-1] == edges[-2] >= 128


def test_a_photo_takes_few_pixels_where_there_are_thousands() -> None:
    sizes = sizes_for(5_000)
    assert 2 * sizes.overview**2 + 2 * sizes.detail**2 <= 200_000
