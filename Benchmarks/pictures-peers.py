"""Microseconds of processor time per picture for the libraries that the definitions use, as CSV: what, side, best of five.

Run from the root in turns with bench-pictures. Needs what Tests/Oracles/images_definitions.py needs.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "Oracles"))

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

import images_definitions as definitions

cv2.setNumThreads(1)


def sample(side):
    y, x = np.mgrid[0:side, 0:side]
    wave = 127 + 100 * np.sin(x / 5) * np.cos(y / 7)
    return np.stack([wave, 255 * x // side, (x * y + 13 * x) & 255], axis=-1).astype(np.uint8)


def show(name, side, body):
    best = float("inf")
    for _ in range(5):
        started, count = time.process_time(), 0
        while time.process_time() - started < 0.05:
            body()
            count += 1
        best = min(best, (time.process_time() - started) / count)
    print(f"{name},{side},{1e6 * best:.1f}", flush=True)


print("what,side,microseconds")
for side in (32, 224):
    array = sample(side)
    picture, rng = Image.fromarray(array), np.random.default_rng(0)
    for name in definitions.TABLE:
        show(name, side, lambda: definitions.corrupt(name, array, 3, rng))
    small = side * 3 // 4
    show("flip", side, lambda: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    show("crop", side, lambda: picture.crop((3, 2, side - 1, side - 2)))
    show("invert", side, lambda: ImageOps.invert(picture))
    show("resize_bilinear", side, lambda: picture.resize((small, small), Image.Resampling.BILINEAR))
    show("rotate_bicubic", side, lambda: picture.rotate(13, Image.Resampling.BICUBIC))
    show("autocontrast", side, lambda: ImageOps.autocontrast(picture, 3))
    show("equalize", side, lambda: ImageOps.equalize(picture))
    show("contrast_enhance", side, lambda: ImageEnhance.Contrast(picture).enhance(1.4))
    show("color_enhance", side, lambda: ImageEnhance.Color(picture).enhance(1.4))
    show("sharpness_enhance", side, lambda: ImageEnhance.Sharpness(picture).enhance(1.4))
    show("gaussian_box", side, lambda: picture.filter(ImageFilter.GaussianBlur(2)))
