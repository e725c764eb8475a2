"""policy_search.safetensors: greedy policy search by plain NumPy and SciPy, one candidate after the other in double precision.

A pool of 24 predictions of 70 rows and 5 classes, some good, some bad, some too sure of themselves. Candidates 7 and 15 are the same as
3 and 4: of equal ones the first is taken. Criteria: share of right answers, mean log(p_y + 1e-12), and the same at the temperature that
SciPy's bounded search finds best on the very rows.
"""

import json

import numpy as np
import scipy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from compute_fixture import FIXTURES, Inputs, write_safetensors

CANDIDATES, ROWS, CLASSES, STEPS = 24, 70, 5, 15


def calibrated(average, labels):
    logs = np.log(average)

    def loss(log_temperature):
        tempered = log_softmax(logs / np.exp(log_temperature), axis=1)
        return -np.mean(np.log(np.exp(tempered[np.arange(ROWS), labels]) + 1e-12))

    found = minimize_scalar(loss, bounds=(np.log(0.01), np.log(100)), method="bounded", options={"xatol": 1e-10})
    return -found.fun, float(np.exp(found.x))


def search(probabilities, labels, criterion):
    total, picks, scores, temperatures = np.zeros((ROWS, CLASSES)), [], [], []
    for step in range(1, STEPS + 1):
        found = []
        for candidate in probabilities:
            average = (total + candidate) / step
            if criterion == "accuracy":
                found.append((np.mean(average.argmax(1) == labels), 1.0))
            elif criterion == "log_likelihood":
                found.append((np.mean(np.log(average[np.arange(ROWS), labels] + 1e-12)), 1.0))
            else:
                found.append(calibrated(average, labels))
        best = int(np.argmax([score for score, _ in found]))
        picks.append(best)
        scores.append(found[best][0])
        temperatures.append(found[best][1])
        total += probabilities[best]
    return picks, scores, temperatures


def main():
    inputs = Inputs("policy_search")
    labels = (np.arange(ROWS) * 7 + np.arange(ROWS) // 3) % CLASSES
    skill = inputs.normal(CANDIDATES, 1, 1).numpy() * 0.5 + 0.8
    sureness = np.exp(inputs.normal(CANDIDATES, 1, 1).numpy() * 0.7)
    shared, own = inputs.normal(1, ROWS, CLASSES).numpy(), inputs.normal(CANDIDATES, ROWS, CLASSES).numpy()
    logits = sureness * (skill * np.eye(CLASSES)[labels] + 0.7 * shared + 0.7 * own)
    logits[7], logits[15] = logits[3], logits[4]
    logs = log_softmax(logits, axis=2).astype(np.float32)
    probabilities = np.exp(logs.astype(np.float64)).astype(np.float32).astype(np.float64)
    tensors = {"log_probabilities": logs, "labels": labels.astype(np.float32)}
    for criterion in ("accuracy", "log_likelihood", "calibrated_log_likelihood"):
        picks, scores, temperatures = search(probabilities, labels, criterion)
        tensors |= {f"{criterion}.picks": np.array(picks, np.float32), f"{criterion}.scores": np.array(scores),
                    f"{criterion}.temperatures": np.array(temperatures)}
        print(criterion, picks)
    write_safetensors(FIXTURES / "Methods" / "policy_search.safetensors", tensors, {
        "attributes": json.dumps({"candidates": CANDIDATES, "classes": CLASSES, "steps": STEPS}),
        "numpy": np.__version__, "scipy": scipy.__version__})


if __name__ == "__main__":
    main()
