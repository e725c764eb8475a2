"""embeddings_contrastive, embeddings_probe and embeddings_retrieval.safetensors: NT-Xent in PyTorch, logistic regression and nearest
neighbours in scikit-learn.

Contrastive: the loss of SimCLR (temperature 0.5) over 2 x 11 views of 7 numbers, two of a picture one after the other, with its gradient;
and the cosines themselves with a gradient from everywhere.

Probe: 300 rows of 12 correlated features and 5 classes; for each penalty the least loss of LogisticRegression with C = 1 / (N decay) in the
form mean cross-entropy + decay / 2 |W|^2, its weights and biases. One feature is all but constant, one is far from zero.
"""

import json

import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neighbors import NearestNeighbors

from compute_fixture import FIXTURES, Inputs, write_safetensors

DECAYS = (1.0, 1e-2, 1e-4)


def write(name, tensors, attributes):
    write_safetensors(FIXTURES / "Methods" / f"{name}.safetensors", tensors,
                      {"attributes": json.dumps(attributes), "torch": torch.__version__, "sklearn": sklearn.__version__,
                       "numpy": np.__version__})


def contrastive():
    z = Inputs("contrastive").normal(22, 7).requires_grad_()
    unit = F.normalize(z, dim=1)
    cosines = unit @ unit.T
    logits = (cosines / 0.5).masked_fill(torch.eye(22, dtype=torch.bool), -torch.inf)
    loss = F.cross_entropy(logits, torch.arange(22) ^ 1)
    gradient, = torch.autograd.grad(loss, z, retain_graph=True)
    seed = Inputs("contrastive seed").normal(22, 22)
    seeded, = torch.autograd.grad((cosines * seed * (1 - torch.eye(22))).sum(), z)
    write("embeddings_contrastive", {"z": z, "gradient": gradient, "seed": seed, "cosines": cosines, "seeded": seeded},
          {"loss": loss.item(), "temperature": 0.5})


def probe():
    inputs = Inputs("linear probe")
    x = (inputs.normal(300, 12) @ inputs.normal(12, 12)).numpy()
    x[:, 3] = 0.001 * x[:, 3]
    x[:, 7] += 40
    x = x.astype(np.float32)
    standard = (x - x.mean(0)) / x.std(0)
    labels = (standard @ inputs.normal(12, 5).numpy() + inputs.normal(300, 5, scale=2).numpy()).argmax(1)
    assert len(set(labels)) == 5
    tensors, attributes = {"x": x, "labels": labels}, {}
    for index, decay in enumerate(DECAYS):
        # Newton steps on standard coordinates reach the end; lbfgs stops short where one feature is so much smaller.
        model = LogisticRegression(C=1 / (len(x) * decay), solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(
            x.astype(np.float64), labels)
        loss = log_loss(labels, model.predict_proba(x.astype(np.float64))) + decay / 2 * (model.coef_ ** 2).sum()
        tensors |= {f"weights {index}": model.coef_.T, f"biases {index}": model.intercept_ - model.intercept_.mean()}
        attributes |= {f"decay {index}": decay, f"loss {index}": loss}
    write("embeddings_probe", tensors, attributes)


def retrieval():
    inputs = Inputs("retrieval")
    database, queries = inputs.normal(60, 6).numpy(), inputs.normal(20, 6).numpy()
    labels, own = inputs.labels(60, 3).numpy(), inputs.labels(20, 3).numpy()
    places = NearestNeighbors(n_neighbors=5, metric="cosine").fit(database).kneighbors(queries, return_distance=False)
    right = labels[places] == own[:, None]
    write("embeddings_retrieval",
          {"database": database, "queries": queries, "labels": labels, "own": own, "places": places},
          {"precision 1": right[:, :1].mean(), "precision 5": right.mean()})


def main():
    contrastive()
    probe()
    retrieval()


if __name__ == "__main__":
    main()
