"""Writes Tests/Fixtures/Images/transforms.safetensors with Pillow: every transform on two generated pictures.

Metadata `cases`: a JSON list of [tensor, operation, arguments, input]. Needs Pillow and NumPy.
"""

import json

import numpy as np
import PIL
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from images_pictures import FIXTURES, scene, write

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
}


def resize(picture, width, height, filter):
    return picture.resize((width, height), FILTERS[filter])


def affine(picture, a, b, c, d, e, f, filter):
    return picture.transform(picture.size, Image.Transform.AFFINE, (a, b, c, d, e, f), FILTERS[filter])


def rotate(picture, degrees, filter):
    return picture.rotate(degrees, FILTERS[filter])


def crop(picture, left, top, width, height):
    return picture.crop((left, top, left + width, top + height))


def pad(picture, margin, border):
    mode = {"zero": "constant", "reflect": "reflect"}[border]
    return Image.fromarray(np.pad(np.asarray(picture), ((margin, margin), (margin, margin), (0, 0)), mode))


def cutout(picture, left, top, right, bottom):
    picture = picture.copy()
    ImageDraw.Draw(picture).rectangle((left, top, right, bottom), (0, 0, 0))
    return picture


def solarize_half(picture, threshold):
    return Image.blend(picture, ImageOps.solarize(picture, threshold), 0.5)


def hue(picture, share):
    h, s, v = picture.convert("HSV").split()
    turned = np.asarray(h) + np.array(int(share * 255)).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(turned), s, v)).convert("RGB")


def enhance(kind):
    return lambda picture, factor: getattr(ImageEnhance, kind)(picture).enhance(factor)


OPERATIONS = {
    "resize": resize,
    "affine": affine,
    "rotate": rotate,
    "crop": crop,
    "pad": pad,
    "cutout": cutout,
    "flip": lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "flipUpsideDown": lambda p: p.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    "autoContrast": lambda p, cutoff: ImageOps.autocontrast(p, cutoff),
    "equalize": ImageOps.equalize,
    "invert": ImageOps.invert,
    "posterize": lambda p, bits: ImageOps.posterize(p, bits),
    "solarize": lambda p, threshold: ImageOps.solarize(p, threshold),
    "solarizeHalf": solarize_half,
    "brightness": enhance("Brightness"),
    "contrast": enhance("Contrast"),
    "color": enhance("Color"),
    "sharpness": enhance("Sharpness"),
    "grayscale": lambda p: ImageOps.grayscale(p).convert("RGB"),
    "hue": hue,
    "gaussianBlur": lambda p, radius: p.filter(ImageFilter.GaussianBlur(radius)),
}

CASES = [
    *[["resize", w, h, f] for f in ("bilinear", "bicubic", "box") for w, h in ((20, 11), (48, 40), (32, 9), (7, 32))],
    ["resize", 24, 24, "box"],
    ["resize", 1, 1, "bicubic"],
    *[["affine", 1, 0.31, -3.2, 0, 1, 2, f] for f in ("nearest", "bilinear", "bicubic")],
    ["affine", 1, 0, 5.7, 0.23, 1, -4, "bicubic"],
    ["affine", 1, 0, 7.3, 0, 1, 0, "nearest"],
    ["affine", 1, 0, 0, 0, 1, -6.5, "nearest"],
    ["affine", 0.7, 0, 1.5, 0, 1.3, -2, "nearest"],
    ["affine", 0.9, -0.4, 6, 0.35, 1.1, -3, "bilinear"],
    *[["rotate", angle, f] for angle in (13.0, -37.5, 200.0) for f in ("nearest", "bilinear", "bicubic")],
    ["rotate", 180, "bicubic"],
    ["rotate", 90, "bicubic"],
    ["rotate", 270, "nearest"],
    ["rotate", 0, "bicubic"],
    ["crop", 3, 5, 12, 9],
    ["crop", -4, -2, 32, 20],
    ["crop", 20, 10, 32, 32],
    ["pad", 4, "zero"],
    ["pad", 6, "reflect"],
    ["cutout", 4, 3, 11, 8],
    ["cutout", 25, 18, 60, 60],
    ["flip"],
    ["flipUpsideDown"],
    *[["autoContrast", c] for c in (0, 3, 9.5, 49, 60)],
    ["equalize"],
    ["invert"],
    *[["posterize", b] for b in (1, 2, 4, 7, 8)],
    *[["solarize", t] for t in (0, 128, 200.5, 256)],
    *[["solarizeHalf", t] for t in (0, 131.2, 256)],
    *[[kind, f] for kind in ("brightness", "contrast", "color", "sharpness") for f in (0, 0.2, 0.73, 1, 1.37, 1.9)],
    ["grayscale"],
    *[["hue", s] for s in (-0.5, -0.13, 0.0, 0.27, 0.5)],
    *[["gaussianBlur", r] for r in (0, 0.4, 1, 2.5, 11)],
]

pictures = {"square": scene(32, 32, 1), "odd": scene(37, 23, 2)}
tensors, cases = dict(pictures), []
for key, array in pictures.items():
    for index, (operation, *arguments) in enumerate(CASES):
        picture = Image.fromarray(array)
        name = f"{key}-{index:03d}"
        tensors[name] = np.asarray(OPERATIONS[operation](picture, *arguments))
        cases.append([name, operation, arguments, key])
# Every colour there is, coarsely: hues and lumas meet all their branches.
ramp = np.array([[r, g, b] for r in range(0, 256, 51) for g in range(0, 256, 51) for b in range(0, 256, 51)], np.uint8)
ramp = ramp.reshape(12, 18, 3)
tensors["ramp"] = ramp
for index, (operation, *arguments) in enumerate(
    [["hue", 0.0], ["hue", 0.31], ["hue", -0.44], ["grayscale"], ["color", 1.9], ["contrast", 1.5], ["equalize"]]
):
    tensors[f"ramp-{index}"] = np.asarray(OPERATIONS[operation](Image.fromarray(ramp), *arguments))
    cases.append([f"ramp-{index}", operation, arguments, "ramp"])
write(
    FIXTURES / "transforms.safetensors",
    tensors,
    {"cases": json.dumps(cases, separators=(",", ":")), "pillow": PIL.__version__, "numpy": np.__version__},
)
print(len(cases), "cases", (FIXTURES / "transforms.safetensors").stat().st_size)
