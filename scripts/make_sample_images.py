"""Make ``sample_images/`` from the pictures inside the scikit-image wheel: ``python scripts/make_sample_images.py``.

Everything is seeded, nothing is downloaded. ``sample_images/README.md`` lists the sources and their licences.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import ExifTags, Image, ImageCms
from scipy import ndimage
from skimage import data

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


def to_linear(srgb: Bytes) -> Array:
    """Return linear light in [0, 1] from 8-bit sRGB (IEC 61966-2-1)."""
    x = srgb / 255.0
    return np.asarray(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4))


def to_srgb(linear: Array) -> Bytes:
    """Return 8-bit sRGB from linear light; values outside [0, 1] are clipped."""
    x = linear.clip(0, 1)
    encoded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * encoded), dtype=np.uint8)


def demosaic(mosaic: Array, masks: Array) -> Array:
    """Fill in each colour from its nearest sensor cells (bilinear); this is what correlates a camera's noise.

    Args:
        mosaic: ``(H, W)``, one measurement per cell.
        masks: ``(H, W, 3)``, 1 where a cell sees the colour.
    """
    kernel = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]])
    channels = []
    for c in range(3):
        total = ndimage.convolve(mosaic * masks[..., c], kernel, mode="mirror")
        weight = ndimage.convolve(masks[..., c], kernel, mode="mirror")
        channels.append(total / weight)
    return np.stack(channels, axis=-1)


def photographed(picture: Bytes, shot: float, read: float, seed: int) -> Bytes:
    """Return the picture as a small sensor in poor light would have seen it.

    Signal-dependent noise of variance ``shot * x + read**2`` on a Bayer mosaic (RGGB) in linear light (the
    Poisson-Gaussian model of Foi et al., IEEE TIP 2008), then demosaiced and encoded.

    Args:
        picture: ``(H, W, 3)`` sRGB.
        shot: Variance per unit of linear signal.
        read: Standard deviation in the dark.
        seed: Of the noise.
    """
    masks = np.zeros(picture.shape)
    masks[0::2, 0::2, 0] = masks[0::2, 1::2, 1] = masks[1::2, 0::2, 1] = masks[1::2, 1::2, 2] = 1
    signal = (to_linear(picture) * masks).sum(axis=-1)
    noise = np.random.default_rng(seed).standard_normal(signal.shape)
    return to_srgb(demosaic(signal + noise * np.sqrt(shot * signal + read**2), masks))


def with_gaussian_noise(picture: npt.NDArray[np.generic], sigma: float, seed: int) -> Array:
    """Return the 8-bit picture plus white noise of standard deviation `sigma` grey levels, float, clipped to 0..255."""
    noise = np.random.default_rng(seed).standard_normal(picture.shape)
    return (picture.astype(np.float64) + sigma * noise).clip(0, 255)


def srgb_profile() -> bytes:
    """Return an sRGB ICC profile whose creation date is zeroed, so that the file is the same each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes(12)
    return bytes(profile)


def exif_of_a_tilted_camera() -> Image.Exif:
    """Return EXIF with orientation 6 (shown turned clockwise), a date and the place: Houston's space centre."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "restore"
    exif[ExifTags.Base.Model] = "sample"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1992:02:18 10:30:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (29.0, 33.0, 7.2)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "W", (95.0, 5.0, 49.2)
    return exif


def write_coffee(path: Path) -> None:
    """A colour photo in poor light: camera-like noise, JPEG with halved chroma, as phones write it."""
    noisy = photographed(data.coffee(), shot=0.006, read=0.006, seed=1)
    Image.fromarray(noisy).save(path, quality=90, subsampling="4:2:0", dpi=(300, 300))


def write_scan(path: Path) -> None:
    """A grey scan in 16 bit at 600 dpi with white noise of sigma 20/255; steps finer than 8 bit are in use."""
    noisy = np.rint(with_gaussian_noise(data.camera()[64:448, 96:480], 20, seed=2) * 257).astype(np.uint16)
    tifffile.imwrite(
        path,
        noisy,
        photometric="minisblack",
        compression="zlib",
        predictor=True,
        resolution=(600, 600),
        resolutionunit="INCH",
        metadata=None,
        software=False,
    )


def write_portrait(path: Path) -> None:
    """A clean portrait from a camera held upright: stored lying down, orientation 6, GPS and an ICC profile."""
    upright = data.astronaut()[:512, 40:424]
    lying = np.ascontiguousarray(np.rot90(upright))
    exif, icc = exif_of_a_tilted_camera(), srgb_profile()
    Image.fromarray(lying).save(path, quality=95, subsampling="4:4:4", exif=exif, icc_profile=icc)


def write_cutout(path: Path) -> None:
    """A noisy cat cut out softly: the alpha channel falls from opaque to clear along an ellipse."""
    noisy = np.rint(with_gaussian_noise(data.chelsea(), 15, seed=3)).astype(np.uint8)
    height, width = noisy.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    alpha = np.rint(255 * ((1.0 - np.hypot(x, y)) / 0.2).clip(0, 1)).astype(np.uint8)
    Image.fromarray(np.dstack([noisy, alpha])).save(path, optimize=True)


def write_rocket(path: Path) -> None:
    """A photo at dusk with heavy camera-like noise, two folders down."""
    noisy = photographed(data.rocket(), shot=0.012, read=0.010, seed=4)
    Image.fromarray(noisy).save(path, quality=92, subsampling="4:2:2")


def write_wall(path: Path) -> None:
    """A grey JPEG under a name with a space and letters outside ASCII: it must come back grey, under its name."""
    noisy = np.rint(with_gaussian_noise(data.brick()[:320, :400], 25, seed=5)).astype(np.uint8)
    Image.fromarray(noisy).save(path, quality=92)


SAMPLES = {
    "coffee-noisy.jpg": write_coffee,
    "scan-16bit.tif": write_scan,
    "clean/portrait-rotated.jpg": write_portrait,
    "cat-cutout.png": write_cutout,
    "album/2015 launch/rocket.jpg": write_rocket,
    "album/vieille façade.jpg": write_wall,
}


def main() -> None:
    """Write all samples into the folder given as first argument, by default ``sample_images/`` of this checkout."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "sample_images"
    for name, write in SAMPLES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        print(f"{path.stat().st_size // 1024:5d} KiB  {path}")


if __name__ == "__main__":
    main()
