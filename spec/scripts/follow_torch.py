"""The numbers of spec/golden/follow-torch.json: trainings in float64 by PyTorch 1.13 (Debian 12: python3-torch).

    python3 spec/scripts/follow_torch.py > spec/golden/follow-torch.json

A network of 6 inputs: Linear(8, bias=False), BatchNorm1d, ReLU, a mask, Linear(3), cross entropy. 50 steps of 12 rows. The weights at the
start, the order of the rows and the masks (dropout 0.25) are in the file.
"""
import json

import torch

torch.manual_seed(4711)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rows, batch, steps = 60, 12, 50
x = torch.randn(rows, 6)
y = torch.randint(0, 3, (rows,))
order = torch.cat([torch.randperm(rows) for _ in range(steps * batch // rows)]).reshape(steps, batch)
masks = (torch.rand(steps, batch, 8) >= 0.25).double() / 0.75
first, norm, second = torch.nn.Linear(6, 8, bias=False), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 3)
start = {k: v.clone() for k, v in torch.nn.ModuleDict({"a": first, "n": norm, "b": second}).state_dict().items()}


def numbers(t):
    return t.detach().reshape(-1).tolist()


def follow(make, half=False):
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(6, 8, bias=False), "n": torch.nn.BatchNorm1d(8), "b": torch.nn.Linear(8, 3)})
    model.load_state_dict(start)
    optimizer = make(model.parameters())
    losses, seen = [], {}
    for i in range(steps):
        if half and i == 25:
            optimizer.param_groups[0]["lr"] /= 10
        hidden = torch.relu(model["n"](model["a"](x[order[i]]))) * masks[i]
        loss = torch.nn.functional.cross_entropy(model["b"](hidden), y[order[i]])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if i + 1 in (1, 10, 50):
            seen[i + 1] = {k: numbers(v) for k, v in model.state_dict().items() if "tracked" not in k}
    return {"losses": losses, "after": seen}


o = torch.optim
runs = {
    "sgd": follow(lambda p: o.SGD(p, lr=0.1)),
    "sgd, momentum, rate / 10 after 25 steps": follow(lambda p: o.SGD(p, lr=0.1, momentum=0.9), half=True),
    "sgd, nesterov, penalty": follow(lambda p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "adam": follow(lambda p: o.Adam(p, lr=0.01)),
    "adam, penalty": follow(lambda p: o.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.01)),
    "adamw": follow(lambda p: o.AdamW(p, lr=0.01)),
    "rmsprop": follow(lambda p: o.RMSprop(p, lr=0.01)),
    "adagrad": follow(lambda p: o.Adagrad(p, lr=0.05)),
    "adadelta": follow(lambda p: o.Adadelta(p)),
}
print(
    json.dumps(
        {
            "versions": {"torch": torch.__version__},
            "x": numbers(x),
            "y": y.tolist(),
            "order": order.tolist(),
            "masks": (masks > 0).int().reshape(-1).tolist(),
            "start": {k: numbers(v) for k, v in start.items() if "tracked" not in k},
            "runs": runs,
        }
    )
)
