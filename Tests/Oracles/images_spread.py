"""How far single runs of a random corruption differ, ours and the definition's: images_spread.py PICTURES CORRUPTION SEVERITIES FOLDER ...

PICTURES: a CIFAR-10 file of records. Every FOLDER is what `bench corrupt --seed N --corruption C --severity S --first K` wrote for another
seed; SEVERITIES names theirs (3,4). As many runs of the definition are made. Printed for each severity: the statistics of
images_corruptions.py, mean and standard deviation over runs, ratio of the means and their difference in standard errors.
"""

import sys
from pathlib import Path

import numpy as np

import images_definitions as definitions
from images_corruptions import NAMES, statistics

pictures, name, severities, folders = sys.argv[1], sys.argv[2], [int(s) for s in sys.argv[3].split(",")], sys.argv[4:]
made = [np.load(Path(folder) / f"{name}.npy") for folder in folders]
count = len(made[0]) // len(severities)
records = np.frombuffer(Path(pictures).read_bytes(), np.uint8).reshape(-1, 3073)[:count]
clean = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def run(corrupted):
    return np.mean([statistics(x, y) for x, y in zip(clean, corrupted)], axis=0)


for place, severity in enumerate(severities):
    ours = np.array([run(array[place * count : (place + 1) * count]) for array in made])
    theirs = []
    for seed in range(len(folders)):
        rng = np.random.Generator(np.random.PCG64([seed, severity]))
        theirs.append(run(definitions.corrupt(name, x, severity, rng) for x in clean))
    theirs = np.array(theirs)
    error = np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / len(folders))
    print(f"{name} {severity}: {len(folders)} runs of {count} pictures, ours and the definition's")
    for k, statistic in enumerate(NAMES):
        a, b = ours[:, k], theirs[:, k]
        print(
            f"  {statistic:9} {a.mean():10.3f} ± {a.std(ddof=1):.3f}  {b.mean():10.3f} ± {b.std(ddof=1):.3f}"
            f"  ratio {a.mean() / b.mean():.4f}  {(a.mean() - b.mean()) / error[k]:+.1f} standard errors"
        )
    sys.stdout.flush()
