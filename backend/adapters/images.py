"""How does a raster become the bytes that a reader's browser loads? It alone imports libvips, with
`alternatives`, which is measured against it.

It is handed pixels that we rasterised ourselves, never a file of somebody else's, and reads them where they lie: the
caller keeps them alive until `encode` returns.

What to use for which page was measured (1,200 px; `python -m backend bench documents` measures it again):
text and drawings: lossless WebP, effort 1: a quarter of JPEG's bytes, without any loss, in two thirds of the time of
  MuPDF's own JPEG encoder;
photographs: JPEG through libjpeg-turbo: fewer bytes than MuPDF's JPEG at the same SSIM in an eighth of its time. AVIF
  would take half the bytes for six times the time, and older telephones lack it; WebP would save nothing;
both on one page: lossy WebP, effort 2: two fifths less than JPEG, and no halos around letters.
"""

import html
from dataclasses import dataclass

import pyvips

from backend.domain.documents import PageKind

_JPEG_QUALITY = 80
_WEBP_QUALITY = 80
_FLAT_IS_TEXT = 0.72
_FLAT_IS_PHOTOGRAPH = 0.35
_ROWS_LOOKED_AT = 8
_LOSSLESS_BYTES_A_PIXEL = 0.25
_LABEL_OPACITY = 0.3
_MEDIA_TYPES = {"webp": "image/webp", "jpeg": "image/jpeg"}


@dataclass(frozen=True)
class Encoded:
    """An image for a browser, and the kind of page that it was taken for."""

    kind: PageKind
    format: str
    content: bytes


def media_type(image_format: str) -> str:
    """The Content-Type of one of our formats."""
    return _MEDIA_TYPES[image_format]


def prepare() -> None:
    """Keep nothing between pages: each is encoded once."""
    pyvips.cache_set_max(0)


def encode(pixels: memoryview, width: int, height: int) -> Encoded:
    """Encode 8-bit RGB pixels in the way that suits them."""
    image = pyvips.Image.new_from_memory(pixels, width, height, 3, "uchar").copy(interpretation="srgb")
    flat = _flatness(image)
    if flat >= _FLAT_IS_TEXT:
        content: bytes = image.webpsave_buffer(lossless=True, Q=20, effort=1, keep="none")
        if len(content) <= width * height * _LOSSLESS_BYTES_A_PIXEL:
            return Encoded("text", "webp", content)
    if flat >= _FLAT_IS_PHOTOGRAPH:
        return Encoded("mixed", "webp", image.webpsave_buffer(Q=_WEBP_QUALITY, effort=2, keep="none"))
    return Encoded("photograph", "jpeg", image.jpegsave_buffer(Q=_JPEG_QUALITY, keep="none"))


def encode_cover(pixels: memoryview, width: int, height: int) -> bytes:
    """Encode 8-bit RGB pixels as a JPEG, which every mail program shows, small enough to come with each mail."""
    image = pyvips.Image.new_from_memory(pixels, width, height, 3, "uchar").copy(interpretation="srgb")
    content: bytes = image.jpegsave_buffer(Q=_JPEG_QUALITY, keep="none", optimize_coding=True)
    return content


def stamp(content: bytes, label: str) -> bytes:
    """Draw a label across one of our own page images, again and again, so that it cannot be cut away."""
    image = pyvips.Image.new_from_buffer(content, "").copy(interpretation="srgb")
    if image.hasalpha():
        image = image.flatten(background=255)
    step = max(160, image.width // 3)
    pattern = pyvips.Image.text(
        html.escape(label), font="sans", width=step * 3, dpi=max(72, image.width // 8), align="centre"
    )
    tile = pattern.rotate(-30, background=0).gravity(
        "centre", max(step, pattern.width), max(step, pattern.width * 2 // 3), extend="black"
    )
    across, down = image.width // tile.width + 1, image.height // tile.height + 1
    veil = (tile.replicate(across, down).crop(0, 0, image.width, image.height) * _LABEL_OPACITY).cast("uchar")
    ink = image.new_from_image([110, 110, 110]).copy(interpretation="srgb").bandjoin(veil)
    stamped = image.composite2(ink, "over").flatten(background=255)
    marked: bytes = stamped.webpsave_buffer(Q=_WEBP_QUALITY, effort=2, keep="none")
    return marked


def _flatness(image: pyvips.Image) -> float:
    """The share of pixels that equal their left neighbour, from some rows: high for text, low for photographs."""
    if image.width < 2:
        return 1.0
    rows = image.subsample(1, min(_ROWS_LOOKED_AT, image.height))
    pairs = rows.width - 1
    same = rows.crop(0, 0, pairs, rows.height) == rows.crop(1, 0, pairs, rows.height)
    return float(same.bandand().avg()) / 255
