"""Pictures that the image oracles share: generated, so that they may be passed on. Needs NumPy.

`scene(width, height, seed)` has gradients, flat areas, edges, texture, saturated and nearly gray colours.
"""

import json
import struct
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).resolve().parent.parent / "Fixtures" / "Images"


def scene(width, height, seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    y, x = np.mgrid[0:height, 0:width]
    u, v = x / max(1, width - 1), y / max(1, height - 1)
    picture = np.stack([255 * u, 255 * v, 255 * (1 - u) * v], axis=-1)
    picture = 0.5 * picture + 60 * rng.random(3)
    for _ in range(5):
        colour = rng.integers(0, 256, 3)
        cx, cy, r = rng.random() * width, rng.random() * height, (0.1 + 0.2 * rng.random()) * min(width, height)
        if rng.random() < 0.5:
            mask = (x - cx) ** 2 + (y - cy) ** 2 < r * r
        else:
            mask = (abs(x - cx) < r) & (abs(y - cy) < r / 2)
        picture[mask] = colour
    stripes = (x // 2 + y // 3) % 2 == 0
    picture[(v > 0.7) & stripes] *= 0.6
    textured = u > 0.55
    picture[textured] += rng.normal(0, 18, (int(textured.sum()), 3))
    picture[: max(1, height // 8), : max(1, width // 4)] = (255, 255, 255)
    picture[-max(1, height // 8) :, -max(1, width // 4) :] = (0, 0, 0)
    return np.clip(picture, 0, 255).astype(np.uint8)


def write(path, tensors, metadata):
    """One safetensors file: bytes as U8, floats as F32 or F64; the same input gives the same bytes."""
    kinds = {"uint8": "U8", "float32": "F32", "float64": "F64", "int32": "I32"}
    header, blob = {"__metadata__": dict(sorted(metadata.items()))}, b""
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        data = array.tobytes()
        header[name] = {
            "dtype": kinds[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [len(blob), len(blob) + len(data)],
        }
        blob += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + blob)
