"""Measures test-time augmentation in turns, ours and torchvision's with PyTorch, and prints CSV:
threads,pictures,ours_ms,peer,peer_ms,ratio.

Run from the root after `swift build -c release --product bench-views`, with torch and torchvision installed:

    python Benchmarks/views-peers.py [--threads 2] [--pictures 1000] [--rounds 5] [--ours PROGRAM]

The work: pictures of 32 x 32 in memory, 10 random crops (margin 4) and flips each, normalised, through ResNet-20, softmax,
mean over views; milliseconds of wall time. Reported is the median of rounds; everybody else is stopped while one runs. Peers differ
in how views are made: `pil` as the documentation of torchvision has it, in the process; `pil-workers` by the workers of a DataLoader, two
of them with their processes kept; `tensor` by torchvision on tensors of bytes, picture by picture. The network is the tuned one of
peers/torch_steps.py: normalisation folded, channels last.
"""

import argparse
import csv
import os
import statistics
import sys
import time
import types
from pathlib import Path

from turns import Server

ROOT = Path(__file__).resolve().parent.parent
VIEWS, BATCH = 10, 250


def torchvision_transforms():
    # Where torchvision comes without its compiled operators, which transforms do not need, their registration would fail.
    try:
        import torchvision.transforms as transforms
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")
        import torchvision.transforms as transforms
    return transforms


def peer(kind, threads, count):
    import numpy as np
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    torch.set_num_threads(threads)
    transforms = torchvision_transforms()
    # What torch_steps.py asks for as it is loaded; without these it would start itself anew.
    sys.argv = ["torch_steps.py", "--step", "resnet20-infer", "--threads", str(threads)]
    os.environ |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    sys.path.insert(0, str(ROOT / "Benchmarks" / "peers"))
    import torch_steps

    model = torch_steps.ResNet20().eval()
    for module in list(model.modules()):
        if isinstance(module, torch.nn.Sequential) and isinstance(module[-1], torch.nn.BatchNorm2d):
            module[0] = torch.nn.utils.fusion.fuse_conv_bn_eval(module[0], module[1])
            module[1] = torch.nn.Identity()
    model = model.to(memory_format=torch.channels_last)
    pixels = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    spread = transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
    moves = [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()]
    if kind == "tensor":
        pictures = list(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous())
        view = transforms.Compose([*moves, transforms.ConvertImageDtype(torch.float32), spread])
    else:
        pictures = [Image.fromarray(picture) for picture in pixels]
        view = transforms.Compose([*moves, transforms.ToTensor(), spread])

    class Views(Dataset):
        def __len__(self):
            return count * VIEWS

        def __getitem__(self, index):
            return view(pictures[index % count])

    loader = DataLoader(Views(), batch_size=BATCH, **(
        {"num_workers": threads, "persistent_workers": True} if kind == "pil-workers" else {}))

    @torch.inference_mode()
    def predict():
        mean = torch.zeros(count, 10)
        for number, batch in enumerate(loader):
            start = number * BATCH % count
            mean[start:start + BATCH] += model(batch.to(memory_format=torch.channels_last)).softmax(1) / VIEWS
        assert abs(mean.sum().item() - count) < 1
        return mean

    predict()
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        predict()
        print(f"{(time.perf_counter() - begin) * 1e3:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", default=str(ROOT / ".build/release/bench-views"))
    parser.add_argument("--peer", choices=("pil", "pil-workers", "tensor"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer, options.threads, options.pictures)
    servers = {}
    try:
        size = ["--threads", str(options.threads), "--pictures", str(options.pictures)]
        servers["ours"] = Server([options.ours, *size])
        for kind in ("pil", "pil-workers", "tensor"):
            servers[kind] = Server([sys.executable, __file__, *size, "--peer", kind])
        times = {name: [] for name in servers}
        for _ in range(options.rounds):
            for name, server in servers.items():
                times[name].append(float(server.block()[0]))
    finally:
        for server in servers.values():
            server.close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["threads", "pictures", "ours_ms", "peer", "peer_ms", "ratio"])
    for name in sorted(set(medians) - {"ours"}, key=medians.get):
        writer.writerow([options.threads, options.pictures, f"{medians['ours']:.1f}", name, f"{medians[name]:.1f}",
                         f"{medians[name] / medians['ours']:.2f}"])


if __name__ == "__main__":
    sys.exit(main())
