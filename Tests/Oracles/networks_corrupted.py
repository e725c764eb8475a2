"""Errors of the published ResNet-20 on corrupted CIFAR-10 pictures, by PyTorch from the files of `bench corrupt`.

    bench corrupt --dataset cifar10 --corruption gaussian_noise,defocus_blur,frost,fog,elastic_transform,jpeg_compression --output DIR
    python networks_corrupted.py DIR

Writes `Tests/Fixtures/Networks/corrupted-errors.csv`: corruption, severity, pictures, wrong answers, versions. The network is written here
anew over torch.nn.functional; the test compares `reports/cifar10-c-resnet20/paper` with these counts.
"""

import csv
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
# As the weights were trained: mean and deviation of ImageNet.
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def normalised(weights, name, x):
    return F.batch_norm(
        x, weights[f"{name}.running_mean"], weights[f"{name}.running_var"], weights[f"{name}.weight"],
        weights[f"{name}.bias"], eps=1e-5)


def logits(weights, x):
    x = F.relu(normalised(weights, "bn1", F.conv2d(x, weights["conv1.weight"], padding=1)))
    for stage in (1, 2, 3):
        for block in range(3):
            name = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            y = F.conv2d(x, weights[f"{name}.conv1.weight"], stride=stride, padding=1)
            y = F.relu(normalised(weights, f"{name}.bn1", y))
            y = normalised(weights, f"{name}.bn2", F.conv2d(y, weights[f"{name}.conv2.weight"], padding=1))
            if stride == 2:
                # Shortcut A of He et al.: every second pixel, and zeros for the channels that are new.
                new = y.shape[1] - x.shape[1]
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, new // 2, new // 2))
            x = F.relu(x + y)
    return F.linear(x.mean((2, 3)), weights["linear.weight"], weights["linear.bias"])


def main():
    folder = pathlib.Path(sys.argv[1])
    weights = load_file(ROOT / "datasets/cifar10-resnet20/resnet20.safetensors")
    labels = np.load(folder / "labels.npy")
    rows = [["corruption", "severity", "pictures", "wrong", "versions"]]
    for path in sorted(folder.glob("*.npy")):
        if path.name == "labels.npy":
            continue
        pictures = np.load(path, mmap_mode="r")
        count = len(pictures) // 5
        for severity in range(1, 6):
            wrong = 0
            for start in range((severity - 1) * count, severity * count, 500):
                stop = min(start + 500, severity * count)
                x = torch.from_numpy(np.array(pictures[start:stop])).permute(0, 3, 1, 2) / 255
                with torch.no_grad():
                    answers = logits(weights, (x - MEAN) / DEVIATION).argmax(1).numpy()
                wrong += int((answers != labels[start:stop]).sum())
            rows.append([path.stem, severity, count, wrong, f"torch {torch.__version__}"])
            print(path.stem, severity, 100 * wrong / count, flush=True)
    with open(ROOT / "Tests/Fixtures/Networks/corrupted-errors.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


main()
