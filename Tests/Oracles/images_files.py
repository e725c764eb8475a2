"""Writes the JPEG files of Tests/Fixtures/Files with Pillow 11, and what Pillow reads in them as PNG."""

from pathlib import Path

import numpy as np
from PIL import Image

from images_pictures import scene

OUT = Path(__file__).resolve().parent.parent / "Fixtures" / "Files"
picture = Image.fromarray(scene(37, 23, 9))
picture.save(OUT / "baseline.jpg", quality=75)
picture.save(OUT / "progressive.jpg", quality=90, progressive=True, subsampling=0)
picture.convert("L").save(OUT / "gray.jpg", quality=80)
picture.convert("CMYK").save(OUT / "cmyk.jpg", quality=80)
exif = Image.Exif()
exif[0x0112] = 6  # turned by a quarter
picture.save(OUT / "turned.jpg", quality=75, exif=exif)
for name in ("baseline", "progressive", "gray", "turned"):
    Image.open(OUT / f"{name}.jpg").convert("RGB").save(OUT / f"{name}-jpg.png", optimize=True)
