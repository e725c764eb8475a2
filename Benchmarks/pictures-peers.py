"""Measures picture work in turns, ours and the peers', and prints CSV: what,size,ours_us,peer,peer_us,ratio.

Run from the root after `swift build -c release`, with what Tests/Oracles/images_definitions.py needs:

    python Benchmarks/pictures-peers.py [--what flip,crop] [--sizes 32,224] [--rounds 5] [--ours PROGRAM]

For every work and size, `rounds` times: a block of ours, then one of each peer, everybody in one thread; a block
is at least 40 ms of processor time. Reported is the best block of each, in microseconds of processor time per picture; ratio =
peer_us / ours_us, above 1 we are faster. The fastest peer comes first.

`definition` is the definition of a corruption over the libraries it names; `pillow` what our transforms equal byte for byte.
`opencv` and `scipy` stand where these libraries do the same in another way: within one grey level for 99.9 % of the bytes (checked as this
program starts), or, marked *, with another kernel or more coarsely placed, so that only the amount of work is alike.
"""

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "Oracles"))

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from scipy import ndimage

import images_definitions as definitions

cv2.setNumThreads(1)
BLOCK_SECONDS = 0.04
TRANSFORMS = (
    "flip crop crop_and_flip invert resize_bilinear rotate_bicubic autocontrast equalize contrast_enhance color_enhance "
    "sharpness_enhance gaussian_box"
).split()


def sample(side):
    """A picture with smooth and busy parts; bench-pictures has the same."""
    y, x = np.mgrid[0:side, 0:side]
    wave = 127 + 100 * np.sin(x / 5) * np.cos(y / 7)
    return np.stack([wave, 255 * x // side, (x * y + 13 * x) & 255], axis=-1).astype(np.uint8)


def corruption_peers(name, array):
    """The definition, and what else computes the same."""
    side, rng = len(array), np.random.default_rng(0)
    c = definitions.TABLE[name][side][2]
    peers = {"definition": lambda: definitions.corrupt(name, array, 3, rng)}
    if name == "gaussian_blur":
        size = 2 * int(4 * c[0] + 0.5) + 1
        peers["opencv"] = lambda: np.uint8(
            cv2.GaussianBlur(array / 255.0, (size, size), c[0], borderType=cv2.BORDER_REPLICATE).clip(0, 1) * 255
        )
        peers["scipy"] = lambda: np.uint8(
            ndimage.gaussian_filter(array / 255.0, (c[0], c[0], 0), mode="nearest").clip(0, 1) * 255
        )
    if name in ("brightness", "saturate"):
        channel, factor, offset = (2, 1, c[0]) if name == "brightness" else (1, *c)

        def recolored():
            x = cv2.cvtColor(array.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
            x[..., channel] = np.clip(x[..., channel] * factor + offset, 0, 1)
            return np.uint8(cv2.cvtColor(x, cv2.COLOR_HSV2RGB).clip(0, 1) * 255)

        peers["opencv"] = recolored
    if name == "contrast":

        def contrasted():
            means = [v / 255 for v in cv2.mean(array)[:3]]
            levels = np.arange(256) / 255.0
            table = np.stack([np.uint8(np.clip((levels - m) * c[0] + m, 0, 1) * 255) for m in means], axis=-1)
            return cv2.LUT(array, table[None])

        peers["opencv"] = contrasted
    if name == "jpeg_compression":

        def coded():
            _, data = cv2.imencode(".jpg", array[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(c[0])])
            return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]

        peers["opencv"] = coded
    return peers


def transform_peers(name, array):
    """Pillow, and what else computes the same."""
    side, picture = len(array), Image.fromarray(array)
    small, margin = side * 3 // 4, side // 8
    if name == "flip":
        return {
            "pillow": lambda: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            "opencv": lambda: cv2.flip(array, 1),
        }
    if name == "crop":
        return {
            "pillow": lambda: picture.crop((3, 2, side - 1, side - 2)),
            "numpy": lambda: array[2 : side - 2, 3 : side - 1].copy(),
        }
    if name == "crop_and_flip":
        rng = np.random.default_rng(0)

        def view():
            left, top = rng.integers(0, 2 * margin + 1, 2) - margin
            part = picture.crop((left, top, left + side, top + side))
            return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part

        return {"pillow": view}
    if name == "invert":
        return {"pillow": lambda: ImageOps.invert(picture), "opencv": lambda: cv2.bitwise_not(array)}
    if name == "resize_bilinear":
        # OpenCV and SciPy have no bilinear filter with antialiasing.
        return {"pillow": lambda: picture.resize((small, small), Image.Resampling.BILINEAR)}
    if name == "rotate_bicubic":
        middle = side / 2 - 0.5

        def turned():
            matrix = cv2.getRotationMatrix2D((middle, middle), 13, 1)
            return cv2.warpAffine(array, matrix, (side, side), flags=cv2.INTER_CUBIC)

        return {"pillow": lambda: picture.rotate(13, Image.Resampling.BICUBIC), "opencv*": turned}
    if name == "gaussian_box":
        return {
            "pillow": lambda: picture.filter(ImageFilter.GaussianBlur(2)),
            "opencv*": lambda: cv2.GaussianBlur(array, (0, 0), 2),
        }
    if name == "equalize":
        return {
            "pillow": lambda: ImageOps.equalize(picture),
            "opencv*": lambda: cv2.merge([cv2.equalizeHist(plane) for plane in cv2.split(array)]),
        }
    return {
        "autocontrast": {"pillow": lambda: ImageOps.autocontrast(picture, 3)},
        "contrast_enhance": {"pillow": lambda: ImageEnhance.Contrast(picture).enhance(1.4)},
        "color_enhance": {"pillow": lambda: ImageEnhance.Color(picture).enhance(1.4)},
        "sharpness_enhance": {"pillow": lambda: ImageEnhance.Sharpness(picture).enhance(1.4)},
    }[name]


def block(body):
    """Microseconds of processor time per call; the clock is asked once in a while only."""
    body()
    started, count = time.process_time(), 0
    while (seconds := time.process_time() - started) < BLOCK_SECONDS:
        for _ in range(1 if count < 64 else 16):
            body()
            count += 1
    return 1e6 * seconds / count


def agree(peers):
    """Peers without a mark give what the first one gives."""
    first, *others = [np.asarray(body()).astype(int) for name, body in peers.items() if not name.endswith("*")]
    for other in others:
        if (np.abs(other - first) <= 1).mean() < 0.999:
            raise SystemExit(f"{list(peers)}: not the same work")


class Ours:
    """bench-pictures --serve: one block for every line."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "--serve", str(definitions.FOLDER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{program}: did not start")

    def block(self, what, size):
        print(what, size, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--what", default=",".join([*definitions.TABLE, *TRANSFORMS]))
    parser.add_argument("--sizes", default="32,224")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", default=str(ROOT / ".build" / "release" / "bench-pictures"))
    options = parser.parse_args()
    ours = Ours(options.ours)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["what", "size", "ours_us", "peer", "peer_us", "ratio"])
    for size in map(int, options.sizes.split(",")):
        array = sample(size)
        for what in options.what.split(","):
            peers = (corruption_peers if what in definitions.TABLE else transform_peers)(what, array)
            if what not in definitions.RANDOM and what != "crop_and_flip":
                agree(peers)
            mine, theirs = [], {name: [] for name in peers}
            for _ in range(options.rounds):
                mine.append(ours.block(what, size))
                for name, body in peers.items():
                    theirs[name].append(block(body))
            best = min(mine)
            for name, times in sorted(theirs.items(), key=lambda item: min(item[1])):
                peer = min(times)
                out.writerow([what, size, f"{best:.2f}", name, f"{peer:.2f}", f"{peer / best:.2f}"])
            sys.stdout.flush()


if __name__ == "__main__":
    main()
