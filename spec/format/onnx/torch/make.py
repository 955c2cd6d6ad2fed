"""Networks as PyTorch writes them, with what it predicts: python3 make.py (torch 2.13.0, onnx 1.23.1)

Each network is trained on nothing but its running statistics, then exported for inference with any size of the batch.
"""
import json
import struct

import torch
import torch.nn as nn

torch.manual_seed(7)


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.c2, self.b2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        other = stride != 1 or i != o
        self.down = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if other else None

    def forward(self, x):
        y = self.b2(self.c2(torch.relu(self.b1(self.c1(x)))))
        return torch.relu(y + (x if self.down is None else self.down(x)))


class SqueezeExcite(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.f, self.g = nn.Conv2d(c, 4, 1), nn.Conv2d(4, c, 1)

    def forward(self, x):
        m = nn.functional.adaptive_avg_pool2d(x, 1)
        return x * torch.sigmoid(self.g(torch.relu(self.f(m))))


def inverted(i, o, stride):
    w = 2 * i
    return nn.Sequential(
        nn.Conv2d(i, w, 1, bias=False), nn.BatchNorm2d(w), nn.ReLU6(),
        nn.Conv2d(w, w, 3, stride, 1, groups=w, bias=False), nn.BatchNorm2d(w), nn.ReLU6(), SqueezeExcite(w),
        nn.Conv2d(w, o, 1, bias=False), nn.BatchNorm2d(o))


class View(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), -1)


nets = {
    "lenet": (nn.Sequential(
        nn.Conv2d(1, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.BatchNorm1d(24), nn.Linear(24, 12), nn.GELU(), nn.Dropout(0.3), nn.Linear(12, 5),
        nn.Softmax(1)), (1, 12, 12)),
    "resnet": (nn.Sequential(
        nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1), Block(4, 4, 1),
        Block(4, 8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)), (3, 12, 12)),
    "mobilenet": (nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.SiLU(), inverted(4, 6, 2), nn.AvgPool2d(3, 1, 1),
        View(), nn.Linear(54, 5)), (3, 12, 12)),
    "vgg1d": (nn.Sequential(
        nn.Conv1d(2, 4, 3, padding=1), nn.Mish(), nn.MaxPool1d(2), nn.ConvTranspose1d(4, 3, 3, 2, 1, 1), nn.ELU(),
        nn.Flatten(), nn.Linear(24, 4), nn.LayerNorm(4), nn.LogSoftmax(1)), (2, 8)),
    "mlp": (nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8), nn.LeakyReLU(), nn.Linear(8, 3, bias=False), nn.SELU(), nn.Hardsigmoid()),
        (6,)),
}


def short(v):
    """the decimal number with the fewest digits that is this float32"""
    return next(float(s) for p in range(1, 10) if struct.pack("f", float(s := "%.*g" % (p, v))) == struct.pack("f", v))


out = {}
for name, (net, shape) in nets.items():
    net.train()
    for _ in range(3):
        net(torch.randn(8, *shape))
    net.eval()
    x = torch.randn(3, *shape)
    out[name] = {"shape": shape, "x": [short(v) for v in x.flatten().tolist()],
                 "y": [short(v) for v in net(x).flatten().tolist()]}
    torch.onnx.export(net, (x,), f"{name}.onnx", input_names=["x"], output_names=["y"], dynamo=False,
                      opset_version=17, dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
with open("numbers.json", "w") as file:
    file.write(json.dumps(out) + "\n")
