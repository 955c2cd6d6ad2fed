"""Losses and metrics of PyTorch and scikit-learn in float64, written to losses.json beside this file: python3 losses.py

Losses and their gradients by torch (version in the file). The focal losses are written with torch's own functions, since torchvision
is not part of it; the quantile loss is compared with scikit-learn's mean_pinball_loss.
"""
import json, os
import numpy as np
import torch
import torch.nn.functional as F
import sklearn
from sklearn import metrics as M

r = np.random.default_rng(20261130)
n, j = 12, 3
z = r.normal(size=(n, j)) * 2
t = (r.random((n, j)) < [0.2, 0.5, 0.8]).astype(float)
soft = np.round(r.random((n, j)), 3)
x = r.normal(size=(n, j)) * 2
counts = r.poisson(2.0, size=(n, j)).astype(float)
both = r.normal(size=(n, 2 * j))
classes = r.integers(0, j, size=n)
positive, labels = [2.0, 0.5, 4.0], [1.0, 2.0, 0.25]


def case(name, output, target, loss, check=None):
    y = torch.tensor(output, requires_grad=True)
    value = loss(y, torch.tensor(target))
    value.backward()
    if check is not None:
        assert abs(check - value.item()) < 1e-12, name
    return {"output": output.tolist(), "target": target.tolist(), "value": value.item(), "gradient": y.grad.tolist()}


def focal(y, t, gamma, alpha):
    p = torch.sigmoid(y)
    ce = F.binary_cross_entropy_with_logits(y, t, reduction="none")
    p_t = p * t + (1 - p) * (1 - t)
    a_t = 1.0 if alpha is None else alpha * t + (1 - alpha) * (1 - t)
    return (a_t * ce * (1 - p_t) ** gamma).mean()


def softmax_focal(y, t, gamma):
    logs = F.log_softmax(y, 1)
    return -(t * (1 - logs.exp()) ** gamma * logs).sum(1).mean()


def pinball(y, t, q):
    e = t - y
    q = torch.tensor(q, dtype=torch.float64)
    return torch.maximum(q * e, (q - 1) * e).mean()


T = lambda v: torch.tensor(v, dtype=torch.float64)
one_hot = np.eye(j)[classes]
qs = [0.1, 0.5, 0.9]
losses = {
    "weighted": case("w", z, t, lambda y, t: F.binary_cross_entropy_with_logits(y, t, weight=T(labels), pos_weight=T(positive))),
    "weighted, soft": case("ws", z, soft, lambda y, t: F.binary_cross_entropy_with_logits(y, t, pos_weight=T([3.0] * 3))),
    "smoothed": case("s", z, t, lambda y, t: F.binary_cross_entropy_with_logits(y, t * 0.8 + 0.1)),
    "sigmoidFocal": case("f", z, t, lambda y, t: focal(y, t, 2.0, 0.25)),
    "sigmoidFocal, gamma 1": case("f1", z, t, lambda y, t: focal(y, t, 1.0, None)),
    "softmaxFocal": case("sf", z, one_hot, lambda y, t: softmax_focal(y, t, 2.0)),
    "quantile": case("q", x, counts, lambda y, t: pinball(y, t, 0.9), M.mean_pinball_loss(counts.ravel(), x.ravel(), alpha=0.9)),
    "quantiles": case("qs", x, counts, lambda y, t: pinball(y, t, qs),
                      np.mean([M.mean_pinball_loss(counts[:, i], x[:, i], alpha=q) for i, q in enumerate(qs)])),
    "poisson": case("p", x, counts, lambda y, t: F.poisson_nll_loss(y, t, log_input=True)),
    "gaussian": case("g", both, x, lambda y, t: F.gaussian_nll_loss(y[:, :j], t, y[:, j:].exp(), eps=1e-300)),
}
p = 1 / (1 + np.exp(-z))


def counted(f, threshold):
    yes = p > threshold
    return {a: np.asarray(f(t, yes, average=None if a == "perLabel" else a, zero_division=0)).tolist() for a in ("macro", "micro", "perLabel")}


found = {}
for threshold in (0.5, 0.7, 0.99):
    yes = p > threshold
    found[str(threshold)] = {
        "binaryAccuracy": float((yes == t).mean()),
        "subsetAccuracy": float(M.accuracy_score(t, yes)),
        "labelPrecision": counted(M.precision_score, threshold),
        "labelRecall": counted(M.recall_score, threshold),
        "labelF1": counted(M.f1_score, threshold),
    }
auc = {a: np.asarray(M.roc_auc_score(t, z, average=None if a == "perLabel" else a)).tolist() for a in ("macro", "micro", "perLabel")}
out = {
    "about": __doc__.splitlines()[0],
    "torch": torch.__version__,
    "scikit-learn": sklearn.__version__,
    "losses": losses,
    "labels": {"output": z.tolist(), "target": t.tolist(), "thresholds": found, "labelRocAuc": auc},
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses.json"), "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
