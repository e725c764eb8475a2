"""Writes Tests/Fixtures/Images/policies.json with Pillow 11: transforms and sub-policies of greedy policy search.

    python Tests/Oracles/images_policies.py RANGES.csv

RANGES.csv holds the ranges of magnitudes that the authors left in github.com/SamsungLabs/gps-augment, one row per transform and end.
Every case names the steps with all that chance decides, and the SHA-256 of the pixels that come out. The pictures are `square` and
`odd` of transforms.safetensors. Needs Pillow and NumPy.
"""

import csv
import hashlib
import json
import random
import sys

import numpy as np
import PIL
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from images_pictures import FIXTURES, scene

TOP_DOWN, LEFT_RIGHT = Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT
CUBIC, NEAREST, AFFINE = Image.Resampling.BICUBIC, Image.Resampling.NEAREST, Image.Transform.AFFINE

ranges = {}
with open(sys.argv[1], newline="") as f:
    for row in csv.DictReader(f):
        ranges.setdefault(row["setting"].split(" ")[0], []).append(float(row["value"]))


def affine(picture, *numbers, filter=NEAREST):
    return picture.transform(picture.size, AFFINE, numbers, resample=filter, fillcolor=(0, 0, 0))


def shear(picture, value, margin, mirrored, horizontal):
    mirror = TOP_DOWN if horizontal else LEFT_RIGHT
    if mirrored:
        picture = picture.transpose(mirror)
    push = float(np.sign(value)) * margin
    if horizontal:
        picture = affine(picture, 1, value, -push, 0, 1, margin, filter=CUBIC)
        picture = affine(picture, 1, 0, push, 0, 1, -margin)
    else:
        picture = affine(picture, 1, 0, margin, value, 1, -push, filter=CUBIC)
        picture = affine(picture, 1, 0, -margin, 0, 1, push)
    return picture.transpose(mirror) if mirrored else picture


def cutout(picture, value, across, down):
    width, height = picture.size
    side = value * width
    if side <= 0:
        return picture
    left, top = int(max(0, across * width - side / 2)), int(max(0, down * height - side / 2))
    picture = picture.copy()
    corners = (left, top, min(width, left + side), min(height, top + side))
    ImageDraw.Draw(picture).rectangle(corners, (0, 0, 0))
    return picture


def resized_crop(picture, step):
    left, top, width, height = step["box"]
    picture = picture.crop((left, top, left + width, top + height)).resize((step["side"],) * 2, CUBIC)
    return picture.transpose(LEFT_RIGHT) if step["mirrored"] else picture


def apply(picture, family, step):
    name, magnitude = step["transform"], step["magnitude"]
    low, high = ranges[name]
    if name not in ("Contrast", "Color", "Brightness", "Sharpness"):
        magnitude = abs(magnitude)
    value = low + magnitude / 30 * (high - low)
    turned = -value if step["negative"] else value
    if name in ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"):
        width, height = picture.size
        margin = min(width, height) - 1 if family == "cifar" else 0
        padded = np.pad(np.asarray(picture), ((margin, margin), (margin, margin), (0, 0)), "reflect")
        padded = Image.fromarray(padded)
        if name.startswith("Shear"):
            out = shear(padded, turned, margin, step["mirrored"], name == "ShearX")
        elif name == "TranslateX":
            out = affine(padded, 1, 0, turned * width, 0, 1, 0)
        elif name == "TranslateY":
            out = affine(padded, 1, 0, 0, 0, 1, turned * height)
        else:
            out = padded.rotate(turned, CUBIC, fillcolor=(0, 0, 0))
        return out.crop((margin, margin, margin + width, margin + height))
    if name in ("Contrast", "Color", "Brightness", "Sharpness"):
        return getattr(ImageEnhance, name)(picture).enhance(1 + value)
    return {
        "Identity": lambda: picture,
        "AutoContrast": lambda: ImageOps.autocontrast(picture, value),
        "Solarize": lambda: ImageOps.solarize(picture, value),
        "SolarizeAdd": lambda: Image.blend(picture, ImageOps.solarize(picture, value), 0.5),
        "Posterize": lambda: ImageOps.posterize(picture, int(value)),
        "Cutout": lambda: cutout(picture, value, step["across"], step["down"]),
        "RandomResizedCrop": lambda: resized_crop(picture, step),
        "Invert": lambda: ImageOps.invert(picture),
        "Equalize": lambda: ImageOps.equalize(picture),
    }[name]()


def step(name, magnitude, rng, size):
    width, height = size
    w, h = rng.randint(1, width), rng.randint(1, height)
    return {
        "transform": name,
        "magnitude": magnitude,
        "negative": rng.random() < 0.5,
        "mirrored": rng.random() < 0.5,
        "across": round(rng.random(), 4),
        "down": round(rng.random(), 4),
        "box": [rng.randint(0, width - w), rng.randint(0, height - h), w, h],
        "side": 24,
    }


pictures = {"square": Image.fromarray(scene(32, 32, 1)), "odd": Image.fromarray(scene(37, 23, 2))}
rng = random.Random(7)
plans = []
for input in pictures:
    size = pictures[input].size
    for index, name in enumerate(ranges):
        families = ["cifar", "imagenet"] if index < 15 else ["imagenet"]
        magnitudes = [0.5, 7.25, 30, 45, -45] if index not in (0, 16, 17) else [10]
        for family in families:
            for magnitude in magnitudes:
                plans.append((input, family, [step(name, magnitude, rng, size)], None))
                if name.startswith("Shear"):
                    other = dict(plans[-1][2][0])
                    other["mirrored"], other["negative"] = not other["mirrored"], not other["negative"]
                    plans.append((input, family, [other], None))
for _ in range(60):
    steps = [step(rng.choice(list(ranges)[:15]), round(rng.uniform(-45, 45), 3), rng, (32, 32)) for _ in range(3)]
    plans.append(("square", "cifar", steps, [rng.randint(-4, 4), rng.randint(-4, 4), rng.random() < 0.5]))
for _ in range(20):
    steps = [step("RandomResizedCrop", round(rng.uniform(-45, 45), 3), rng, (37, 23))]
    others = [name for name in ranges if name != "RandomResizedCrop"]
    steps += [step(rng.choice(others), round(rng.uniform(-45, 45), 3), rng, (24, 24)) for _ in range(2)]
    plans.append(("odd", "imagenet", steps, None))

cases = []
for input, family, steps, crop in plans:
    picture = pictures[input]
    for each in steps:
        if abs(each["magnitude"]) >= 0.5 or each["transform"] == "RandomResizedCrop":
            picture = apply(picture, family, each)
    if crop:
        left, top, mirrored = crop
        width, height = picture.size
        picture = picture.crop((left, top, left + width, top + height))
        picture = picture.transpose(LEFT_RIGHT) if mirrored else picture
    pixels = np.asarray(picture)
    case = {"input": input, "family": family, "steps": steps}
    if crop:
        case["crop"] = crop
    case |= {"size": list(picture.size), "sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}
    cases.append(case)
with open(FIXTURES / "policies.json", "w") as f:
    head = {"pillow": PIL.__version__, "numpy": np.__version__, "ranges": ranges}
    f.write(json.dumps(head)[:-1] + ', "cases": [\n')
    f.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]}\n")
print(len(cases), "cases,", len({case["sha256"] for case in cases}), "different pictures")
