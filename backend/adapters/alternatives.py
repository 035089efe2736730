"""What else could a page's raster become, and how much of it would be left? For `bench documents` alone.

The formats that `images` did not choose, and the likeness (SSIM) that makes their sizes comparable. With `images` the
only module that imports libvips; it sees none but our own pixels.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyvips

_PICTURE_WIDTH, _PICTURE_HEIGHT = 1600, 1200


def as_picture(pixels: memoryview, width: int, height: int) -> Any:
    """8-bit RGB pixels as libvips sees them, where they lie: the caller keeps them alive."""
    return pyvips.Image.new_from_memory(pixels, width, height, 3, "uchar").copy(interpretation="srgb")


def jpeg(picture: Any, quality: int) -> bytes:
    """A JPEG by libjpeg-turbo."""
    content: bytes = picture.jpegsave_buffer(Q=quality, keep="none")
    return content


FORMATS: Mapping[str, Callable[[Any], bytes]] = {
    "WebP lossless": lambda picture: picture.webpsave_buffer(lossless=True, Q=20, effort=1, keep="none"),
    "WebP q80": lambda picture: picture.webpsave_buffer(Q=80, effort=2, keep="none"),
    "AVIF q60": lambda picture: picture.heifsave_buffer(Q=60, effort=0, compression="av1", keep="none"),
    "JPEG q80": lambda picture: jpeg(picture, 80),
    "PNG": lambda picture: picture.pngsave_buffer(compression=4, keep="none"),
}


def likeness(picture: Any, content: bytes) -> float:
    """Structural similarity of lightness (Wang and others, 2004), with the usual constants and Gaussian window."""

    def blurred(image: Any) -> Any:
        return image.gaussblur(1.5, precision="float")

    decoded = pyvips.Image.new_from_buffer(content, "").colourspace("srgb")
    a, b = (image.colourspace("b-w").extract_band(0).cast("float") for image in (picture, decoded))
    mean_a, mean_b = blurred(a), blurred(b)
    spread = blurred(a * a) - mean_a * mean_a + blurred(b * b) - mean_b * mean_b
    together = blurred(a * b) - mean_a * mean_b
    alike = (mean_a * mean_b * 2 + 6.5025) * (together * 2 + 58.5225)
    return float((alike / ((mean_a * mean_a + mean_b * mean_b + 6.5025) * (spread + 58.5225))).avg())


def photograph() -> tuple[bytes, int, int]:
    """A JPEG with its width and height: noise of every coarseness, whose detail falls off as a photograph's does."""
    layers = [_clouds(seed) for seed in range(3)]
    bands = [layers[0] * 0.7 + layer * 0.3 for layer in layers]
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    return jpeg(image, 93), _PICTURE_WIDTH, _PICTURE_HEIGHT


def _clouds(seed: int) -> Any:
    total = pyvips.Image.black(_PICTURE_WIDTH, _PICTURE_HEIGHT)
    for octave in range(8):
        step = 1 << octave
        wide, high = _PICTURE_WIDTH // step + 2, _PICTURE_HEIGHT // step + 2
        noise = pyvips.Image.gaussnoise(wide, high, sigma=step, mean=0, seed=seed)
        total += noise.resize(step, kernel="cubic").crop(0, 0, _PICTURE_WIDTH, _PICTURE_HEIGHT)
    return (total - total.avg()) * (45 / total.deviate()) + 128
