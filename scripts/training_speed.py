#!/usr/bin/env python3
"""Trains fashion_mobilenet_v1 with `bench train` and with PyTorch in turn, by the same recipe, and prints images/s.

    pip install torch numpy
    scripts/training_speed.py --rounds 3                # speed: bench, PyTorch, bench with simulated quantization, …
    scripts/training_speed.py --accuracy --widths 0.25  # one epoch of all images each: test accuracy

Same for both: batches of 128, SGD with momentum 0.9, weight decay 5e-4 on weights only, one-cycle rate with peak 0.2, flips, He
initialisation, batch norm with epsilon 1e-3, images in memory. PyTorch gets what is fastest for it: eager mode in the memory format
that is faster in a trial, the fused optimiser, symmetric padding (bench pads as TensorFlow does, which PyTorch needs an
operator of its own for), untimed steps to warm up, and a loss that is never looked at in between. Every run is a process of its own.
"""
import argparse
import gzip
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

FORMATS = ["contiguous_format", "channels_last"]
PAIRS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 1)]


# PyTorch, in a process of its own


def dataset(split):
    import numpy as np

    root = os.environ.get("BENCH_DATASETS", "/usr/share/datasets")
    stem = {"train": "train", "test": "t10k"}[split]

    def read(kind, header):
        with gzip.open(f"{root}/fashion-mnist/{stem}-{kind}-ubyte.gz") as file:
            return np.frombuffer(file.read(), dtype=np.uint8, offset=header).copy()

    return read("images-idx3", 16).reshape(-1, 1, 28, 28), read("labels-idx1", 8)


def network(width):
    from torch import nn

    def scaled(channels):
        return max(8, int(channels * width))

    def layer(inputs, outputs, kernel, stride=1, groups=1):
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        # He initialisation; a depthwise kernel has nine inputs, which is what Conv2d counts, too.
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        return [convolution, nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU6(inplace=True)]

    channels = scaled(32)
    layers = layer(1, channels, 3)
    for outputs, stride in PAIRS:
        layers += layer(channels, channels, 3, stride, channels) + layer(channels, scaled(outputs), 1)
        channels = scaled(outputs)
    classifier = nn.Linear(channels, 10)
    nn.init.kaiming_normal_(classifier.weight, nonlinearity="linear")
    nn.init.zeros_(classifier.bias)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), classifier)


class Training:
    def __init__(self, width, images, labels, steps, memory_format):
        import torch

        torch.manual_seed(1)
        self.format = getattr(torch, memory_format)
        self.model = network(width).to(memory_format=self.format)
        self.images, self.labels = images, labels
        decayed = [p for p in self.model.parameters() if p.dim() > 1]
        others = [p for p in self.model.parameters() if p.dim() <= 1]
        self.optimiser = torch.optim.SGD(
            [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}],
            lr=0.2, momentum=0.9, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, max_lr=0.2, total_steps=steps, cycle_momentum=False)
        self.order = torch.randperm(len(labels))

    def step(self, index):
        import torch

        chosen = self.order[index * 128 : index * 128 + 128]
        batch = self.images[chosen]
        flipped = torch.rand(len(chosen), 1, 1, 1) < 0.5
        batch = torch.where(flipped, batch.flip(3), batch).contiguous(memory_format=self.format)
        loss = torch.nn.functional.cross_entropy(self.model(batch), self.labels[chosen])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()

    def time(self, steps, first=0):
        start = time.perf_counter()
        for index in range(first, first + steps):
            self.step(index)
        return time.perf_counter() - start


def run_torch(width, count, threads, formats, evaluate):
    """One epoch over the first `count` images; prints what came of it as JSON. Of several memory formats the fastest is taken."""
    import torch

    torch.set_num_threads(threads)
    images, labels = (torch.from_numpy(array) for array in dataset("train"))
    images, labels = images[:count].float() / 255, labels[:count].long()
    steps = len(labels) // 128
    trials = {}
    for name in formats:
        trial = Training(width, images, labels, steps, name)
        trial.time(5)
        trials[name] = trial.time(10, first=5) if len(formats) > 1 else 0
    fastest = min(trials, key=trials.get)
    training = Training(width, images, labels, steps, fastest)
    result = {"rate": steps * 128 / training.time(steps), "format": fastest, "version": torch.__version__}
    if evaluate:
        training.model.eval()
        images, labels = (torch.from_numpy(array) for array in dataset("test"))
        with torch.no_grad():
            found = torch.cat([training.model(part.float() / 255).argmax(1) for part in images.split(500)])
        result["accuracy"] = 100 * (found == labels).float().mean().item()
    print(json.dumps(result))


# The comparison


def torch_once(width, count, threads, formats=FORMATS, evaluate=False):
    command = [sys.executable, __file__, "--torch-once", json.dumps([width, count, threads, formats, evaluate])]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def bench_once(bench, width, count, threads, *flags):
    with tempfile.TemporaryDirectory() as folder:
        command = shlex.split(bench) + [
            "train", "fashion_mobilenet_v1", "--width", str(width), "--epochs", "1", "--images", str(count), "--threads",
            str(threads), "--output", f"{folder}/x.safetensors", *flags]
        process = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"test accuracy ([\d.]+) %, ([\d.]+) images/s", process.stderr)
    return {"rate": float(found[2]), "accuracy": float(found[1])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=".build/release/bench")
    parser.add_argument("--widths", type=float, nargs="+", default=[0.25, 0.5])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=20480, help="training images of each run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--accuracy", action="store_true", help="one run of all images each, without quantization")
    parser.add_argument("--torch-once", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.images < 2048:
        parser.error("--images: 2048 or more, so that a run is longer than its trial")
    if options.torch_once:
        return run_torch(*options.torch_once)
    # Activations are quantized from the second step on: nearly all of the run costs what simulation costs.
    simulated = ["--qat", "w8c-a8", "--delay", "1"]
    for width in options.widths:
        if options.accuracy:
            ours = bench_once(options.bench, width, 60000, options.threads)
            theirs = torch_once(width, 60000, options.threads, evaluate=True)
            print(f"width {width}: one epoch, bench {ours['accuracy']:.2f} %, PyTorch {theirs['accuracy']:.2f} %", flush=True)
            continue
        rounds, formats = [], FORMATS
        for number in range(options.rounds):
            ours = bench_once(options.bench, width, options.images, options.threads)
            theirs = torch_once(width, options.images, options.threads, formats)
            formats = [theirs["format"]]
            integers = bench_once(options.bench, width, options.images, options.threads, *simulated)
            rounds.append((ours["rate"], theirs["rate"], integers["rate"]))
            print(
                f"width {width} round {number + 1}: bench {ours['rate']:.0f}, PyTorch {theirs['version']} "
                f"({theirs['format']}) {theirs['rate']:.0f}, bench --qat {integers['rate']:.0f} images/s", flush=True)
        ours, theirs, integers = (statistics.median(column) for column in zip(*rounds))
        ratios = sorted(a / b for a, b, _ in rounds), sorted(a / c for a, _, c in rounds)
        print(
            f"width {width}: medians {ours:.0f}, {theirs:.0f}, {integers:.0f}; bench is {statistics.median(ratios[0]):.2f} × "
            f"PyTorch ({ratios[0][0]:.2f} to {ratios[0][-1]:.2f}), --qat takes {statistics.median(ratios[1]):.2f} × float "
            f"({ratios[1][0]:.2f} to {ratios[1][-1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
