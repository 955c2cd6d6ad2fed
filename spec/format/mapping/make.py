"""Makes fixtures/torch.safetensors and fixtures/torch.json: weights of PyTorch modules in float64, inputs, and what they predict.

/usr/bin/python3 spec/format/mapping/make.py (PyTorch 1.13.0 of Debian 12, python3-torch)
"""
import json
import os
import struct

import torch
from torch import nn

torch.manual_seed(5)


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.conv1 = nn.Conv2d(n, n, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n)
        self.conv2 = nn.Conv2d(n, n, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n)

    def forward(self, x):
        return torch.relu(x + self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(2, 4, (3, 2), stride=(1, 2), padding=1)
        self.block = Block(4)
        self.depth = nn.Conv2d(4, 8, 3, padding=1, groups=4)
        self.grouped = nn.Conv2d(8, 6, 1, groups=2)
        self.up = nn.ConvTranspose2d(6, 3, 2, stride=2)
        self.norm = nn.GroupNorm(3, 3)
        self.head = nn.Sequential(
            nn.Flatten(), nn.BatchNorm1d(3 * 6 * 4), nn.ReLU(), nn.Linear(3 * 6 * 4, 5), nn.LayerNorm(5), nn.Linear(5, 3)
        )

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = self.block(x)
        x = self.grouped(torch.relu(self.depth(x)))
        x = nn.functional.max_pool2d(x, 2)
        return self.head(self.norm(self.up(x)))


net = Net().double()
for _ in range(20):  # running statistics that are not 0 and 1
    net(torch.randn(8, 2, 6, 7, dtype=torch.float64) * 1.5 + 0.3)
with torch.no_grad():
    for name, p in net.named_parameters():
        if p.dim() == 1:
            p.add_(torch.randn_like(p) * 0.2)
net.eval()
x = torch.randn(3, 2, 6, 7, dtype=torch.float64)
y = net(x)

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
header, data, offset = {}, b"", 0
for name, t in sorted(net.state_dict().items(), key=lambda e: e[0]):
    kind, code = ("F64", "d") if t.dtype == torch.float64 else ("I64", "q")
    raw = struct.pack(f"<{t.numel()}{code}", *t.flatten().tolist())
    header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [offset, offset + len(raw)]}
    data, offset = data + raw, offset + len(raw)
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(os.path.join(folder, "torch.safetensors"), "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
with open(os.path.join(folder, "torch.json"), "w") as f:
    # images with the channels last
    json.dump({"torch": torch.__version__, "x": x.permute(0, 2, 3, 1).flatten().tolist(), "y": y.flatten().tolist()}, f)
