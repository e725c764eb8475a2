"""What the fixture scripts share: repeatable inputs, truth in float64, one safetensors file per case.

A case is computed in float64 from inputs that are exactly representable in float32; every float
tensor is stored as float32, labels as int32. Files are written here byte for byte (sorted keys, no
library in between), so that running a script twice gives the same bytes.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import torch

FIXTURES = Path(__file__).resolve().parent.parent / "Fixtures"

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


def write_safetensors(path, tensors, metadata):
    """Writes `tensors` (name -> float64/float32/int array) as float32 or int32."""
    header, blob = {"__metadata__": dict(sorted(metadata.items()))}, b""
    for name in sorted(tensors):
        array = tensors[name]
        if isinstance(array, torch.Tensor):
            array = array.detach().numpy()
        array = np.asarray(array)
        kind, dtype = ("I32", "<i4") if array.dtype.kind == "i" else ("F32", "<f4")
        data = np.ascontiguousarray(array, dtype=dtype).tobytes()
        if kind == "F32":
            assert np.isfinite(np.frombuffer(data, "<f4")).all(), f"{path.name}: {name} is not finite"
        header[name] = {
            "dtype": kind,
            "shape": list(array.shape) or [1],
            "data_offsets": [len(blob), len(blob) + len(data)],
        }
        blob += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + blob)


def f32(tensor):
    """The nearest float32 value, held in float64."""
    return torch.as_tensor(tensor).to(torch.float32).to(torch.float64)


class Inputs:
    """Random inputs of one case; the stream depends on the case's name and on nothing else."""

    def __init__(self, name):
        self.random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))

    def normal(self, *shape, scale=1.0, shift=0.0):
        return f32(torch.from_numpy(self.random.standard_normal(shape) * scale + shift))

    def uniform(self, *shape, low=0.0, high=1.0):
        return f32(torch.from_numpy(self.random.uniform(low, high, shape)))

    def labels(self, n, classes):
        return torch.from_numpy(self.random.integers(0, classes, n))


def case(folder, name, op, attributes, tensors, forward, *, constants=None, seeds=None, watched=()):
    """Runs `forward` on `tensors`, differentiates, and stores the case.

    tensors:   name -> input or parameter that receives a gradient `d<name>`
    constants: name -> input without gradient (labels, noise, running statistics)
    forward:   takes both by keyword; returns one output `y`, or a dictionary of outputs. An output
               whose name ends in `_after` is state, not differentiated.
    watched:   names of further outputs that are stored only
    seeds:     output name -> gradient to start from; random where absent, 1 for a single number.
    """
    constants, seeds = constants or {}, dict(seeds or {})
    leaves = {k: v.clone().requires_grad_(True) for k, v in tensors.items()}
    outputs = forward(**leaves, **{k: v.clone() for k, v in constants.items()})
    if isinstance(outputs, torch.Tensor):
        outputs = {"y": outputs}
    random = Inputs(name + "/seed")
    stored = {**tensors, **constants, **outputs}
    total = 0
    for key, value in outputs.items():
        if key.endswith("_after") or key in watched:
            continue
        if key not in seeds:
            seeds[key] = torch.ones(()) if value.dim() == 0 else random.normal(*value.shape)
        stored["d" + key] = seeds[key]
        total = total + (value * seeds[key]).sum()
    gradients = torch.autograd.grad(total, list(leaves.values()))
    for key, gradient in zip(leaves, gradients):
        stored["d" + key] = gradient
    write_safetensors(
        FIXTURES / folder / f"{name}.safetensors",
        stored,
        {"op": op, "attributes": json.dumps(attributes, sort_keys=True), "torch": torch.__version__},
    )
