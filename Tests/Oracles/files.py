"""Makes Tests/Fixtures/Files: what NumPy, safetensors, Python's gzip and Pillow write.

Run from the root of the checkout: python Tests/Oracles/files.py
Versions go to Tests/Fixtures/Files/VERSIONS.txt. Every array holds the values that
Tests/FilesTests expects: index * 3 - 4 for signed, index * 3 for unsigned, (index - 2) / 4 for floats.
"""

import gzip
import platform
import zlib
from pathlib import Path

import numpy
import PIL
import safetensors
import safetensors.numpy
from PIL import Image, PngImagePlugin

out = Path("Tests/Fixtures/Files")
out.mkdir(parents=True, exist_ok=True)


def values(kind: str, count: int) -> numpy.ndarray:
    index = numpy.arange(count)
    if kind == "b1":
        return (index % 3 == 1).astype(bool)
    if kind[0] == "f":
        return ((index - 2) / 4).astype("<" + kind)
    return (index * 3 - (4 if kind[0] == "i" else 0)).astype("<" + kind)


for kind in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1".split():
    numpy.save(out / f"{kind}.npy", values(kind, 6).reshape(2, 3))
numpy.save(out / "scalar.npy", numpy.float64(2.5))
numpy.save(out / "vector.npy", values("i4", 5))
numpy.save(out / "empty.npy", numpy.zeros((0, 4), "<f4"))
with open(out / "version2.npy", "wb") as file:
    numpy.lib.format.write_array(file, values("f4", 6).reshape(3, 2), version=(2, 0))
numpy.save(out / "big-endian.npy", values("f4", 6).astype(">f4"))
numpy.save(out / "fortran.npy", numpy.asfortranarray(values("f4", 6).reshape(2, 3)))
numpy.save(out / "objects.npy", numpy.array([{"a": 1}, None], dtype=object), allow_pickle=True)
numpy.save(out / "records.npy", numpy.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
numpy.save(out / "complex.npy", numpy.zeros(2, "<c8"))

tensors = {
    "conv.weight": values("f4", 12).reshape(2, 1, 2, 3),
    "conv.bias": values("f4", 2),
    "half": values("f2", 3),
    "steps": numpy.array(7, "<i8"),
    "mask": values("u1", 5),
    "none": numpy.zeros((0, 3), "<f4"),
}
safetensors.numpy.save_file(tensors, out / "numpy.safetensors", metadata={"source": "NumPy \"é\"\n"})

payload = b"".join(b"%d squared is %d\n" % (n, n * n) for n in range(200))
(out / "squares.txt.gz").write_bytes(gzip.compress(payload, mtime=0))
(out / "members.txt.gz").write_bytes(
    gzip.compress(payload[:1000], mtime=0) + gzip.compress(payload[1000:], mtime=1)
)

for name, shape in {"gray": (5, 7), "rgb": (5, 7, 3), "rgba": (5, 7, 4)}.items():
    height, width = shape[:2]
    channels = shape[2] if len(shape) == 3 else 1
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels]
    pixels = ((x * 31 + y * 17 + c * 83 + 5) % 256).astype("uint8").reshape(shape)
    info = PngImagePlugin.PngInfo()
    info.add_text("Source", "a formula")
    info.add_itxt("Titel", "Größe → λ")
    # A gamma that a reader must not apply.
    info.add(b"gAMA", (100000).to_bytes(4, "big"))
    Image.fromarray(pixels).save(out / f"{name}.png", pnginfo=info)
palette = Image.fromarray(numpy.arange(16, dtype="uint8").reshape(4, 4) % 3, mode="P")
palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
palette.save(out / "palette.png")
Image.fromarray((numpy.arange(6).reshape(2, 3) * 9000).astype("uint16")).save(out / "deep.png")
Image.fromarray(numpy.array([[0, 255, 0], [255, 0, 255]], "uint8")).convert("1").save(out / "bits.png")

(out / "VERSIONS.txt").write_text(
    f"python {platform.python_version()}\nnumpy {numpy.__version__}\n"
    f"safetensors {safetensors.__version__}\npillow {PIL.__version__}\nzlib {zlib.ZLIB_VERSION}\n"
)
