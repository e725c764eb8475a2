"""The 19 corruptions as hendrycks/robustness defines them (make_cifar_c.py, make_imagenet_c.py), written anew over the
libraries that the definitions name. Needs NumPy, SciPy, scikit-image, OpenCV, Pillow, and Wand over ImageMagick 6.

`corrupt(name, picture, severity, rng)`: [32, 32, 3] or [224, 224, 3] bytes to bytes. Constants and frost photos are read
from datasets/corruptions. OpenCV 5 places pixels of warpAffine more finely than the versions that the published data were
made with (1/32 pixel); elastic_transform differs by that.
"""

import csv
import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage
from skimage import color, filters
from wand.image import Image as Wand

FOLDER = Path(__file__).resolve().parent.parent.parent / "datasets" / "corruptions"
with open(FOLDER / "constants.tsv") as file:
    TABLE = {
        row["corruption"]: {
            32: [[float(v) for v in s.split(",")] for s in row["cifar_c_severity_1_to_5"].split(";")],
            224: [[float(v) for v in s.split(",")] for s in row["imagenet_c_severity_1_to_5"].split(";")],
        }
        for row in csv.DictReader(file, delimiter="\t")
    }
FROST = [cv2.imread(str(FOLDER / name)) for name in ("frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg")]
DETERMINISTIC = (
    "defocus_blur zoom_blur brightness contrast pixelate jpeg_compression gaussian_blur saturate".split()
)
RANDOM = [name for name in TABLE if name not in DETERMINISTIC]


def gaussian(x, sigma, **options):
    return filters.gaussian(x, sigma=sigma, channel_axis=-1 if x.ndim == 3 else None, **options)


def gaussian_noise(x, c, rng):
    x = x / 255.0
    return np.clip(x + rng.normal(size=x.shape, scale=c[0]), 0, 1) * 255


def shot_noise(x, c, rng):
    return np.clip(rng.poisson(x / 255.0 * c[0]) / c[0], 0, 1) * 255


def impulse_noise(x, c, rng):
    x = x / 255.0
    hit, salt = rng.random(x.shape) <= c[0], rng.random(x.shape) <= 0.5
    x[hit & salt], x[hit & ~salt] = 1, 0
    return x * 255


def speckle_noise(x, c, rng):
    x = x / 255.0
    return np.clip(x + x * rng.normal(size=x.shape, scale=c[0]), 0, 1) * 255


def gaussian_blur(x, c, rng):
    return np.clip(gaussian(x / 255.0, c[0]), 0, 1) * 255


def glass_blur(x, c, rng):
    sigma, shift, passes = c[0], int(c[1]), int(c[2])
    x = np.uint8(gaussian(x / 255.0, sigma) * 255)
    side = len(x)
    for _ in range(passes):
        for h in range(side - shift, shift, -1):
            steps = rng.integers(-shift, shift, size=(side, 2))
            for w in range(side - shift, shift, -1):
                dx, dy = steps[w - 1]
                # The swap of two views: the first assignment is seen by the second.
                x[h, w] = x[h + dy, w + dx]
    return np.clip(gaussian(x / 255.0, sigma), 0, 1) * 255


def disk(radius, alias):
    reach, size = (8, 3) if radius <= 8 else (int(radius), 5)
    grid = np.arange(-reach, reach + 1)
    x, y = np.meshgrid(grid, grid)
    kernel = np.array(x**2 + y**2 <= radius**2, dtype=np.float32)
    kernel /= kernel.sum()
    return cv2.GaussianBlur(kernel, ksize=(size, size), sigmaX=alias)


def defocus_blur(x, c, rng):
    kernel = disk(c[0], c[1])
    planes = [cv2.filter2D(x[:, :, i] / 255.0, -1, kernel) for i in range(3)]
    return np.clip(np.stack(planes, axis=-1), 0, 1) * 255


def motion(image, radius, sigma, angle):
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    with Wand(blob=buffer.getvalue()) as wand:
        wand.motion_blur(radius=radius, sigma=sigma, angle=angle)
        blob = wand.make_blob()
    return cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_UNCHANGED)


def motion_blur(x, c, rng, angle=None):
    out = motion(Image.fromarray(x), c[0], c[1], rng.uniform(-45, 45) if angle is None else angle)
    return out[..., [2, 1, 0]] if out.ndim == 3 else np.stack([out] * 3, axis=-1)


def clipped_zoom(x, factor):
    side = len(x)
    kept = int(np.ceil(side / factor))
    top = (side - kept) // 2
    x = ndimage.zoom(x[top : top + kept, top : top + kept], (factor, factor, 1), order=1)
    trim = (len(x) - side) // 2
    return x[trim : trim + side, trim : trim + side]


def zoom_blur(x, c, rng):
    factors = np.arange(1, c[0], c[1])
    x = (x / 255.0).astype(np.float32)
    out = np.zeros_like(x)
    for factor in factors:
        out += clipped_zoom(x, factor)
    return np.clip((x + out) / (len(factors) + 1), 0, 1) * 255


def snow(x, c, rng):
    side = len(x)
    x = x.astype(np.float32) / 255.0
    layer = clipped_zoom(rng.normal(size=(side, side), loc=c[0], scale=c[1])[..., np.newaxis], c[2])
    layer[layer < c[3]] = 0
    layer = Image.fromarray((np.clip(layer.squeeze(), 0, 1) * 255).astype(np.uint8))
    layer = motion(layer, c[4], c[5], rng.uniform(-135, -45)) / 255.0
    layer = (layer if layer.ndim == 2 else layer[..., 0])[..., np.newaxis]
    gray = cv2.cvtColor(x, cv2.COLOR_RGB2GRAY).reshape(side, side, 1)
    x = np.float32(c[6]) * x + np.float32(1 - c[6]) * np.maximum(x, gray * np.float32(1.5) + np.float32(0.5))
    return np.clip(x + layer + np.rot90(layer, k=2), 0, 1) * 255


def frost(x, c, rng):
    side = len(x)
    ice = FROST[rng.integers(5)]
    if side == 32:
        ice = cv2.resize(ice, (0, 0), fx=0.2, fy=0.2)
    top, left = rng.integers(0, ice.shape[0] - side), rng.integers(0, ice.shape[1] - side)
    ice = ice[top : top + side, left : left + side][..., [2, 1, 0]]
    return np.clip(c[0] * x + c[1] * ice, 0, 255)


def plasma(size, decay, rng):
    field = np.zeros((size, size))
    step, wobble = size, 100.0

    def mean(total):
        return total / 4 + wobble * rng.uniform(-wobble, wobble, total.shape)

    while step >= 2:
        half = step // 2
        corners = field[0:size:step, 0:size:step]
        total = corners + np.roll(corners, -1, axis=0)
        total = total + np.roll(total, -1, axis=1)
        field[half:size:step, half:size:step] = mean(total)
        centres = field[half:size:step, half:size:step]
        corners = field[0:size:step, 0:size:step]
        field[0:size:step, half:size:step] = mean(
            centres + np.roll(centres, 1, axis=0) + corners + np.roll(corners, -1, axis=1)
        )
        field[half:size:step, 0:size:step] = mean(
            centres + np.roll(centres, 1, axis=1) + corners + np.roll(corners, -1, axis=0)
        )
        step, wobble = half, wobble / decay
    field -= field.min()
    return field / field.max()


def fog(x, c, rng):
    side = len(x)
    x = x / 255.0
    highest = x.max()
    x = x + c[0] * plasma(32 if side == 32 else 256, c[1], rng)[:side, :side, np.newaxis]
    return np.clip(x * highest / (highest + c[0]), 0, 1) * 255


def brightness(x, c, rng):
    x = color.rgb2hsv(x / 255.0)
    x[:, :, 2] = np.clip(x[:, :, 2] + c[0], 0, 1)
    return np.clip(color.hsv2rgb(x), 0, 1) * 255


def saturate(x, c, rng):
    x = color.rgb2hsv(x / 255.0)
    x[:, :, 1] = np.clip(x[:, :, 1] * c[0] + c[1], 0, 1)
    return np.clip(color.hsv2rgb(x), 0, 1) * 255


def contrast(x, c, rng):
    x = x / 255.0
    means = np.mean(x, axis=(0, 1), keepdims=True)
    return np.clip((x - means) * c[0] + means, 0, 1) * 255


def elastic_transform(x, c, rng):
    side = len(x)
    unit = 32 if side == 32 else 244
    scale, smoothing, shift = (v * unit for v in c)
    x = x.astype(np.float32) / 255.0
    centre, reach = np.float32([side, side]) // 2, side // 3
    old = np.float32([centre + reach, [centre[0] + reach, centre[1] - reach], centre - reach])
    new = old + rng.uniform(-shift, shift, size=old.shape).astype(np.float32)
    matrix = cv2.getAffineTransform(old, new)
    x = cv2.warpAffine(x, matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    field = lambda: (
        gaussian(rng.uniform(-1, 1, size=(side, side)), smoothing, mode="reflect", truncate=3) * scale
    ).astype(np.float32)[..., np.newaxis]
    dx, dy = field(), field()
    columns, rows, channels = np.meshgrid(np.arange(side), np.arange(side), np.arange(3))
    places = [np.reshape(v, (-1, 1)) for v in (rows + dy, columns + dx, channels)]
    return np.clip(ndimage.map_coordinates(x, places, order=1, mode="reflect").reshape(x.shape), 0, 1) * 255


def pixelate(x, c, rng):
    image, side = Image.fromarray(x), len(x)
    small = image.resize((int(side * c[0]), int(side * c[0])), Image.Resampling.BOX)
    return np.asarray(small.resize((side, side), Image.Resampling.BOX))


def jpeg_compression(x, c, rng):
    buffer = io.BytesIO()
    Image.fromarray(x).save(buffer, "JPEG", quality=int(c[0]))
    return np.asarray(Image.open(buffer))


def relief(drops):
    """Of bytes, the steps from edges to the relief that water shines by."""
    edges = cv2.Canny(drops, 50, 150)
    distance = cv2.distanceTransform(255 - edges, cv2.DIST_L2, 5)
    _, capped = cv2.threshold(distance, 20, 20, cv2.THRESH_TRUNC)
    near = cv2.blur(capped, (3, 3)).astype(np.uint8)
    equal = cv2.equalizeHist(near)
    embossed = cv2.filter2D(equal, cv2.CV_8U, np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]))
    return edges, distance, equal, embossed, cv2.blur(embossed, (3, 3))


def spatter(x, c, rng):
    x = x.astype(np.float32) / 255.0
    liquid = gaussian(rng.normal(size=x.shape[:2], loc=c[0], scale=c[1]), c[2])
    liquid[liquid < c[3]] = 0
    if c[5] == 0:
        drops = (liquid * 255).astype(int).astype(np.uint8)
        light = drops * relief(drops)[-1].astype(np.float32)
        light = light / light.max() * np.float32(c[4]) if light.max() > 0 else light
        turquoise = np.float32([175, 238, 238]) / np.float32(255)
        return np.clip(x + light[..., np.newaxis] * turquoise, 0, 1) * 255
    mask = gaussian(np.where(liquid > c[3], 1, 0).astype(np.float32), c[4])
    mask[mask < 0.8] = 0
    brown = np.float32([63, 42, 20]) / np.float32(255)
    return np.clip(x * (1 - mask[..., np.newaxis]) + brown * mask[..., np.newaxis], 0, 1) * 255


def corrupt(name, picture, severity, rng):
    return np.uint8(globals()[name](picture, TABLE[name][len(picture)][severity - 1], rng))
