"""Trajectories of optimizers, in float64, written to optimizers.json beside this file: python3 optimizers.py

Two sources, named in each entry:
- "torch": torch.optim of PyTorch (version in the file; Debian's python3-torch 1.13.1)
- "formula": the published algorithm, written here in NumPy from the paper, for those that this PyTorch lacks
The loss is half of sum(curvature w^2), so the gradient is curvature * w; for matrices it is curvature * W.
"""
import json, os
import numpy as np
import torch

curvature = np.array([1.0, 0.25, 4.0, 0.01])
start = np.array([1.0, -2.0, 0.5, 3.0])
matrix_curvature = np.array([[1.0, 0.5, 2.0], [0.25, 4.0, 0.1]])
matrix_start = np.array([[0.5, -1.0, 0.75], [2.0, 0.25, -1.5]])
steps = 30


def by_torch(make):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    c = torch.tensor(curvature, dtype=torch.float64)
    o = make([w])
    rows = []
    for _ in range(steps):
        o.zero_grad()
        (0.5 * (c * w * w).sum()).backward()
        o.step()
        rows.append(w.detach().numpy().tolist())
    return rows


def by_formula(rule, first=start, c=curvature, at=lambda w, g: w):
    """rule(w, g, memory, t) -> the next w; `at` is where the gradient is taken"""
    w, memory, rows = first.copy(), {}, []
    for t in range(1, steps + 1):
        g = c * at(w, c * w)
        w = rule(w, g, memory, t)
        rows.append(w.tolist())
    return rows, memory


def average(memory, name, b, x):
    memory[name] = b * memory.get(name, 0.0) + (1 - b) * x
    return memory[name]


def adabelief(w, g, s, t, rate=0.1, b1=0.9, b2=0.999, eps=1e-16):
    m = average(s, "m", b1, g)
    s["s"] = b2 * s.get("s", 0.0) + (1 - b2) * (g - m) ** 2 + eps
    return w - rate * (m / (1 - b1**t)) / (np.sqrt(s["s"] / (1 - b2**t)) + eps)


def lamb(w, g, s, t, rate=0.05, b1=0.9, b2=0.999, eps=1e-6, decay=0.1):
    m, v = average(s, "m", b1, g), average(s, "v", b2, g * g)
    u = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps) + decay * w
    return w - rate * np.linalg.norm(w) / np.linalg.norm(u) * u


def adam(w, g, s, t, rate=0.1, b1=0.9, b2=0.999, eps=1e-8):
    m, v = average(s, "m", b1, g), average(s, "v", b2, g * g)
    return w - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)


def lookahead(w, g, s, t, k=5, alpha=0.5):
    s.setdefault("slow", start.copy())
    w = adam(w, g, s, t)
    if t % k == 0:
        s["slow"] = s["slow"] + alpha * (w - s["slow"])
        w = s["slow"].copy()
    return w


def schedule_free(y, g, s, t, rate=0.1, b1=0.9, b2=0.999, eps=1e-8, decay=0.01):
    z, x = s.get("z", start.copy()), s.get("x", start.copy())
    v = average(s, "v", b2, g * g)
    d = g / (np.sqrt(v / (1 - b2**t)) + eps) + decay * y
    s["z"] = z - rate * d
    s["sum"] = s.get("sum", 0.0) + rate**2
    c = rate**2 / s["sum"]
    s["x"] = (1 - c) * x + c * s["z"]
    return (1 - b1) * s["z"] + b1 * s["x"]


def muon(scale, first, c, m=0.95, rate=0.02, eps=1e-7):
    def rule(w, g, s, t):
        b = average(s, "b", m, g)
        x = (1 - m) * g + m * b
        x = x / (np.linalg.norm(x) + eps)
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
        return w - rate * scale * (x.T if tall else x)

    return by_formula(rule, first, c)[0]


def sam_at(w, g, rho=0.05):
    return w + rho * g / np.linalg.norm(g)


def sgd(w, g, s, t, rate=0.1):
    return w - rate * g


def ema_of_sgd(w, g, s, t, m=0.9):
    w = sgd(w, g, s, t)
    s["average"] = m * s.get("average", start) + (1 - m) * w
    return w


def swa_of_sgd(w, g, s, t, first=5, every=3):
    w = sgd(w, g, s, t)
    if t >= first and (t - first) % every == 0:
        s.setdefault("all", []).append(w)
    return w


free, free_memory = by_formula(schedule_free)
ahead, ahead_memory = by_formula(lookahead)
_, ema_memory = by_formula(ema_of_sgd)
_, swa_memory = by_formula(swa_of_sgd)
O = torch.optim
rows = {
    "radam": {"by": "torch", "rows": by_torch(lambda p: O.RAdam(p, lr=0.1))},
    "radam, beta2 0.9": {"by": "torch", "rows": by_torch(lambda p: O.RAdam(p, lr=0.1, betas=(0.9, 0.9)))},
    "adamax": {"by": "torch", "note": "eps 0", "rows": by_torch(lambda p: O.Adamax(p, lr=0.1, eps=0))},
    "rprop": {"by": "torch", "rows": by_torch(lambda p: O.Rprop(p, lr=0.1))},
    "adabelief": {"by": "formula", "rows": by_formula(adabelief)[0]},
    "lamb": {"by": "formula", "rows": by_formula(lamb)[0]},
    "lookahead": {"by": "formula", "rows": ahead, "average": ahead_memory["slow"].tolist()},
    "scheduleFree": {"by": "formula", "rows": free, "average": free_memory["x"].tolist()},
    "sam": {"by": "formula", "rows": by_formula(sgd, at=sam_at)[0]},
    "ema": {"by": "formula", "average": ema_memory["average"].tolist()},
    "swa": {"by": "formula", "average": np.mean(swa_memory["all"], axis=0).tolist()},
    "muon, wide": {"by": "formula", "rows": muon(np.sqrt(3 / 2), matrix_start, matrix_curvature)},
    "muon, tall": {"by": "formula", "rows": muon(0.2 * np.sqrt(3), matrix_start.T, matrix_curvature.T)},
}


def rates(make, count, losses=None):
    """the rate of each step (or epoch), beginning with the first"""
    o = O.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, found = make(o), []
    for i in range(count):
        found.append(o.param_groups[0]["lr"])
        o.step()
        if i + 1 < count:
            schedule.step(*([] if losses is None else [losses[i]]))
    return found


L = O.lr_scheduler
plateau = [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85]
schedules = {
    "oneCycle": {str(n): rates(lambda o: L.OneCycleLR(o, max_lr=1.0, total_steps=n), n) for n in (5, 7, 10, 20)},
    "oneCycle, pct_start 0.5": rates(lambda o: L.OneCycleLR(o, 2.0, total_steps=8, pct_start=0.5), 8),
    "StepLR": rates(lambda o: L.StepLR(o, 3, 0.5), 10),
    "ExponentialLR": rates(lambda o: L.ExponentialLR(o, 0.9), 10),
    "PolynomialLR": rates(lambda o: L.PolynomialLR(o, 6, 2.0), 10),
    "CosineAnnealingLR": rates(lambda o: L.CosineAnnealingLR(o, 6, 0.1), 7),
    "CosineAnnealingWarmRestarts": rates(lambda o: L.CosineAnnealingWarmRestarts(o, 3, 2), 12),
    "ReduceLROnPlateau": {
        "losses": plateau,
        "rates": rates(lambda o: L.ReduceLROnPlateau(o, patience=1, threshold=0), 12, plateau),
    },
}
out = {
    "schedules": schedules,
    "about": __doc__.splitlines()[0],
    "torch": torch.__version__,
    "steps": steps,
    "start": start.tolist(),
    "curvature": curvature.tolist(),
    "matrixStart": matrix_start.tolist(),
    "matrixCurvature": matrix_curvature.tolist(),
    "trajectories": rows,
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json"), "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
