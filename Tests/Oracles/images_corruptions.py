"""Writes Tests/Fixtures/Images/corruptions.safetensors and corruption_statistics.csv with images_definitions.py.

The first holds 48 generated pictures, what the deterministic corruptions make of some of them, motion blurs at given angles
and the steps of the water of `spatter`. The second holds, for every random corruption and severity, statistics over
`draws` corrupted pictures and their standard errors. 224 x 224 pictures are the small ones enlarged by Pillow's bicubic.
"""

import csv
import sys
from importlib.metadata import version

import numpy as np
from PIL import Image
from wand.version import MAGICK_VERSION

import images_definitions as definitions
from images_pictures import FIXTURES, scene, write

pictures = np.stack([scene(32, 32, 100 + seed) for seed in range(48)])
BANDS = (0.5, 4.5, 8.5, 12.5, 100)
NAMES = ["mean", "variance", "change", *[f"band_{i}" for i in range(4)]]


def enlarged(picture):
    return np.asarray(Image.fromarray(picture).resize((224, 224), Image.Resampling.BICUBIC))


def statistics(before, after):
    """Mean and variance of the bytes, mean absolute change, and the change's power per frequency in four bands of radius."""
    after, before = after.astype(float), before.astype(float)
    change = after - before
    if len(change) == 224:
        middle = change[96:128, 96:128]
    else:
        middle = change
    power = (np.abs(np.fft.fft2(middle, axes=(0, 1))) ** 2).mean(axis=2) / 1024
    frequency = np.fft.fftfreq(32, 1 / 32)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    bands = [power[(radius > low) & (radius <= high)].mean() for low, high in zip(BANDS, BANDS[1:])]
    return np.array([after.mean(), after.var(), np.abs(change).mean(), *bands])


def write_deterministic():
    tensors, rng = {"pictures": pictures}, None
    for name in definitions.DETERMINISTIC:
        for severity in range(1, 6):
            for index in range(3):
                out = definitions.corrupt(name, pictures[index], severity, rng)
                tensors[f"32/{name}/{severity}/{index}"] = out
            out = definitions.corrupt(name, enlarged(pictures[severity]), severity, rng)
            tensors[f"224/{name}/{severity}/corner"] = out[:24, :24]
            tensors[f"224/{name}/{severity}/middle"] = out[100:124, 90:114]
    for index, (radius, sigma, angle) in enumerate(
        [(6, 1, -40), (6, 2, 0), (9, 2.5, 45), (10, 4, -90), (14, 12, -120.5), (20, 15, 17.3), (8, 3, -135)]
    ):
        tensors[f"motion/{index}"] = definitions.motion_blur(pictures[index], (radius, sigma), rng, angle=angle)
        tensors[f"motion/{index}/arguments"] = np.array([radius, sigma, angle], np.float64)
    generator = np.random.Generator(np.random.PCG64(5))
    for index, (height, width) in enumerate([(32, 32), (40, 56), (32, 32), (17, 23)]):
        drops = generator.normal(0.65, 0.3, (height, width))
        drops = definitions.gaussian(drops, 1 + 0.5 * index)
        drops[drops < 0.69] = 0
        drops = (drops * 255).astype(np.uint8)
        tensors[f"drops/{index}"] = drops
        for key, value in zip(("edges", "distance", "equal", "embossed", "blurred"), definitions.relief(drops)):
            tensors[f"drops/{index}/{key}"] = value
    packages = "numpy scipy scikit-image opencv-python-headless Pillow Wand".split()
    versions = {name.lower(): version(name) for name in packages}
    write(FIXTURES / "corruptions.safetensors", tensors, versions | {"imagemagick": MAGICK_VERSION})
    print((FIXTURES / "corruptions.safetensors").stat().st_size, "bytes", flush=True)


def write_statistics(draws):
    rows = []
    for side, chosen, severities in ((32, 48, range(1, 6)), (224, 6, (2, 5))):
        inputs = [p if side == 32 else enlarged(p) for p in pictures[:chosen]]
        repeats = draws // chosen if side == 32 else 8
        for name in definitions.RANDOM:
            for severity in severities:
                values = []
                for index, picture in enumerate(inputs):
                    rng = np.random.Generator(np.random.PCG64([side, definitions.RANDOM.index(name), severity, index]))
                    values.append(
                        [statistics(picture, definitions.corrupt(name, picture, severity, rng)) for _ in range(repeats)]
                    )
                values = np.array(values)
                error = np.sqrt(values.var(axis=1, ddof=1).mean(axis=0) / (chosen * repeats))
                rows.append(
                    [side, name, severity, chosen, repeats]
                    + [f"{v:.6g}" for pair in zip(values.mean(axis=(0, 1)), error) for v in pair]
                )
                print(rows[-1][:5], flush=True)
    with open(FIXTURES / "corruption_statistics.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            ["side", "corruption", "severity", "pictures", "draws"]
            + [f"{name}{suffix}" for name in NAMES for suffix in ("", "_error")]
        )
        out.writerows(rows)


if __name__ == "__main__":
    if "statistics" not in sys.argv:
        write_deterministic()
    if "deterministic" not in sys.argv:
        write_statistics(960)
