"""Writes Tests/Fixtures/Images/formats.safetensors: small PNG and JPEG files of every kind, and Pillow's RGB of each.

PNG files are put together here, since Pillow writes neither 16-bit colours nor interlaced pictures; what they show is what
`Image.open(file).convert("RGB")` says. Tensors `<name>.file` and `<name>.rgb`. Needs Pillow and NumPy.
"""

import io
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, features

from images_pictures import FIXTURES, scene, write

WIDTH, HEIGHT = 13, 9
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row, depth):
    """Samples of a row as bytes, highest bits first."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = "".join(format(int(v), f"0{depth}b") for v in row)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rows, step):
    """Rows behind their filters, all five in turn."""
    out, above = b"", bytes(len(rows[0]))
    for number, row in enumerate(rows):
        kind = number % 5
        out += bytes([kind])
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            guess = (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]
            out += bytes([(value - guess) & 255])
        above = row
    return out


def png(samples, depth, colour, interlaced=False, before=b""):
    """A file of samples `[H, W, channels]`."""
    height, width, channels = samples.shape
    step = max(1, channels * depth // 8)
    data = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size:
            data += filtered([packed(row.reshape(-1), depth) for row in part], step)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    body = chunk(b"IHDR", head) + before + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


rng = np.random.Generator(np.random.PCG64(5))
files = {}
for colour, name in ((0, "gray"), (2, "rgb"), (3, "palette"), (4, "gray-alpha"), (6, "rgba")):
    for depth in {0: (1, 2, 4, 8, 16), 3: (1, 2, 4, 8)}.get(colour, (8, 16)):
        samples = rng.integers(0, 2**depth, (HEIGHT, WIDTH, SAMPLES[colour]))
        samples[0, 0] = 0
        if depth == 16:
            samples[1::2] %= 300  # where Pillow's gray is not yet cut off
        palette = chunk(b"PLTE", rng.integers(0, 256, 3 * 2 ** min(depth, 8), dtype=np.uint8).tobytes())
        before = palette if colour == 3 else b""
        clear = {
            0: struct.pack(">H", int(samples[2, 3, 0])),
            2: struct.pack(">HHH", *(int(v) for v in samples[2, 3])) if colour == 2 else b"",
            3: bytes([0, 128][: 2**depth]),
        }
        for interlaced in (False, True):
            end = "-interlaced" if interlaced else ""
            files[f"png-{name}{depth}{end}"] = png(samples, depth, colour, interlaced, before)
        if colour in clear:
            end = before + chunk(b"tRNS", clear[colour])
            files[f"png-{name}{depth}-clear"] = png(samples, depth, colour, False, end)
        if depth >= 8:
            gamma = chunk(b"gAMA", struct.pack(">I", 100000)) + before
            files[f"png-{name}{depth}-gamma"] = png(samples, depth, colour, False, gamma)
# Indices that no colour has are black.
samples = rng.integers(0, 9, (HEIGHT, WIDTH, 1))
files["png-palette8-beyond"] = png(samples, 8, 3, False, chunk(b"PLTE", bytes(range(40, 52))))
for width, height in ((1, 1), (3, 1), (2, 11)):
    samples = rng.integers(0, 256, (height, width, 3))
    files[f"png-{width}x{height}-interlaced"] = png(samples, 8, 2, True)


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


picture = Image.fromarray(scene(37, 23, 9))
turned = Image.Exif()
for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    files[f"jpeg-{subsampling.replace(':', '')}"] = jpeg(picture, quality=85, subsampling=subsampling)
files["jpeg-progressive"] = jpeg(picture, quality=85, progressive=True)
files["jpeg-coarse"] = jpeg(picture, quality=1)
files["jpeg-gray"] = jpeg(picture.convert("L"), quality=85)
files["jpeg-gray-progressive"] = jpeg(picture.convert("L"), quality=85, progressive=True)
files["jpeg-rgb"] = jpeg(picture, quality=85, keep_rgb=True)
files["jpeg-restarts"] = jpeg(picture, quality=85, restart_marker_blocks=2)
files["jpeg-cmyk"] = jpeg(picture.convert("CMYK"), quality=85)
files["jpeg-cmyk-progressive"] = jpeg(picture.convert("CMYK"), quality=85, progressive=True)
# The same inks declared to be luma, chroma and black.
adobe = files["jpeg-cmyk"].index(b"Adobe") + 11
assert files["jpeg-cmyk"][adobe] == 0
files["jpeg-ycck"] = files["jpeg-cmyk"][:adobe] + b"\x02" + files["jpeg-cmyk"][adobe + 1 :]
for orientation in (3, 6, 8):
    turned[0x0112] = orientation
    files[f"jpeg-turned{orientation}"] = jpeg(picture, quality=85, exif=turned)
files["jpeg-more-behind"] = files["jpeg-420"] + b"and more"
for width, height in ((1, 1), (8, 1), (17, 3)):
    files[f"jpeg-{width}x{height}"] = jpeg(Image.fromarray(scene(width, height, 3)), quality=85)

tensors = {}
for name, file in files.items():
    tensors[f"{name}.file"] = np.frombuffer(file, np.uint8)
    tensors[f"{name}.rgb"] = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
turbo = features.version("libjpeg_turbo")
metadata = {"pillow": PIL.__version__, "libjpeg-turbo": turbo, "numpy": np.__version__}
write(FIXTURES / "formats.safetensors", tensors, metadata)
print(len(files), "files,", (FIXTURES / "formats.safetensors").stat().st_size, "bytes")
