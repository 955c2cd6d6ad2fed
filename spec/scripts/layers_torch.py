"""The numbers of spec/golden/more-layers.json: float64, forward and backward, by PyTorch 1.13 (Debian 12: python3-torch).

    python3 spec/scripts/layers_torch.py > spec/golden/more-layers.json

Channels last; weights of convolutions [...kernel, in / groups, out], of transposed ones [...kernel, in, out / groups], of depthwise ones
[...kernel, channels, multiplier]. PyTorch has channels first; the transpositions here are all that differs.
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(20260)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def first(x):
    """channels last -> channels first"""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def kernels(w):
    """[...kernel, a, b] -> [b, a, ...kernel]"""
    return w.movedim(-1, 0).movedim(-1, 1)


def transposed(w):
    """[...kernel, in, out] -> [in, out, ...kernel]"""
    return w.movedim(-2, 0).movedim(-1, 1)


def depthwise(w):
    """[kh, kw, c, m] -> [c m, 1, kh, kw]"""
    kh, kw, c, m = w.shape
    return w.permute(2, 3, 0, 1).reshape(c * m, 1, kh, kw)


def padded(x, sides):
    """zeros around channels first"""
    return F.pad(x, [n for pair in reversed(sides) for n in pair])


def tensor(x):
    return {"shape": list(x.shape), "data": [float(f"{v:.17g}") for v in x.detach().reshape(-1).tolist()]}


cases = []


def case(kind, settings, shapes, f):
    given = {name: torch.randn(shape, requires_grad=True) for name, shape in shapes.items()}
    y = f(**given)
    cotangent = torch.randn(y.shape)
    gradients = torch.autograd.grad(y, list(given.values()), cotangent)
    cases.append(
        {
            "kind": kind,
            "settings": settings,
            "in": {k: tensor(v) for k, v in given.items()},
            "cotangent": tensor(cotangent),
            "out": tensor(y),
            "gradients": {k: tensor(g) for k, g in zip(given, gradients)},
        }
    )


def transposed_case(rank, size, kernel, stride, padding, more, dilation, groups, channels):
    own, out = channels
    kind = f"convTranspose{rank}d"
    settings = {
        "kernel": kernel, "stride": stride, "padding": padding, "outputPadding": more, "dilation": dilation,
        "groups": groups,
    }  # fmt: skip
    op = F.conv_transpose1d if rank == 1 else F.conv_transpose2d
    case(
        kind,
        settings,
        {"x": [2, *size, own], "weight": [*kernel, own, out // groups], "bias": [out]},
        lambda x, weight, bias: last(
            op(first(x), transposed(weight), bias, stride, padding, more, groups, dilation)
        ),
    )


transposed_case(1, [4], [3], [1], 0, 0, [1], 1, (2, 3))
transposed_case(1, [3], [4], [2], 1, 0, [1], 1, (2, 2))
transposed_case(1, [3], [2], [3], 0, 2, [1], 2, (4, 2))
transposed_case(1, [3], [3], [2], 2, 1, [2], 1, (1, 2))
transposed_case(2, [2, 3], [3, 2], [2, 1], 1, 0, [1, 2], 2, (2, 4))
transposed_case(2, [3, 2], [2, 2], [1, 2], 0, 0, [2, 1], 1, (2, 1))


def separable(x, depthwise_, pointwise, bias, stride, sides):
    c = x.shape[-1]
    between = F.conv2d(padded(first(x), sides), depthwise(depthwise_), None, stride, 0, 1, c)
    return last(F.conv2d(between, kernels(pointwise), bias))


for kernel, stride, sides, multiplier, size in [
    ([3, 3], [1, 1], [[1, 1], [1, 1]], 1, [4, 4]),
    ([2, 3], [2, 1], [[0, 1], [0, 0]], 2, [5, 4]),
]:
    case(
        "separableConv2d",
        {"kernel": kernel, "stride": stride, "padLow": [s[0] for s in sides], "padHigh": [s[1] for s in sides],
         "multiplier": multiplier},
        {"x": [2, *size, 2], "depthwise": [*kernel, 2, multiplier], "pointwise": [1, 1, 2 * multiplier, 3], "bias": [3]},
        lambda x, depthwise, pointwise, bias, stride=stride, sides=sides: separable(
            x, depthwise, pointwise, bias, stride, sides
        ),
    )  # fmt: skip

for size, stride, padding, inside in [([3], [2], 1, True), ([3], [2], 1, False), ([2], [2], 0, True)]:
    case(
        "averagePool1d-" + ("inside" if inside else "window"),
        {"size": size, "stride": stride, "padding": padding},
        {"x": [2, 7, 2]},
        lambda x, size=size, stride=stride, padding=padding, inside=inside: last(
            F.avg_pool1d(first(x), size, stride, padding, False, not inside)
        ),
    )
case("globalMaxPool", {}, {"x": [2, 3, 4, 2]}, lambda x: last(F.adaptive_max_pool2d(first(x), 1)).reshape(2, 2))
case("globalMaxPool", {}, {"x": [2, 5, 3]}, lambda x: last(F.adaptive_max_pool1d(first(x), 1)).reshape(2, 3))
case("globalAveragePool", {}, {"x": [2, 5, 3]}, lambda x: last(F.adaptive_avg_pool1d(first(x), 1)).reshape(2, 3))
case("adaptiveAveragePool1d", {"output": [3]}, {"x": [2, 7, 2]}, lambda x: last(F.adaptive_avg_pool1d(first(x), 3)))
case(
    "crop",
    {"padLow": [1, 0], "padHigh": [0, 2]},
    {"x": [2, 4, 5, 2]},
    lambda x: last(F.pad(first(x), [0, -2, -1, 0])),
)
case(
    "zeroPad",
    {"padLow": [1, 0], "padHigh": [0, 2]},
    {"x": [2, 2, 3, 2]},
    lambda x: last(F.pad(first(x), [0, 2, 1, 0])),
)
case("maxPool3d", {"size": [2, 2, 2], "stride": [1, 2, 1], "padding": 1}, {"x": [1, 3, 3, 3, 2]},
     lambda x: last(F.max_pool3d(first(x), 2, [1, 2, 1], 1)))  # fmt: skip
for factor, size in [(3, [2, 3]), (2, [1, 4])]:
    case(
        "upsample-bilinear",
        {"factor": factor},
        {"x": [2, *size, 2]},
        lambda x, factor=factor: last(F.interpolate(first(x), scale_factor=factor, mode="bilinear")),
    )


def squeeze_excite(x, w1, b1, w2, b2):
    s = torch.sigmoid(torch.relu(x.mean((1, 2)) @ w1 + b1) @ w2 + b2)
    return x * s[:, None, None, :]


def norm(x, gamma, beta):
    return last(F.batch_norm(first(x), None, None, gamma, beta, True, 0, 1e-5))


case(
    "squeezeExcite",
    {"channels": 4, "reduced": 2},
    {"x": [2, 3, 2, 4], "w1": [4, 2], "b1": [2], "w2": [2, 4], "b2": [4]},
    squeeze_excite,
)


def residual_block(x, w1, g1, b1, w2, g2, b2, ws, gs, bs, stride):
    c1 = last(F.conv2d(first(x), kernels(w1), None, stride, 1))
    c2 = last(F.conv2d(first(torch.relu(norm(c1, g1, b1))), kernels(w2), None, 1, 1))
    shortcut = norm(last(F.conv2d(first(x), kernels(ws), None, stride)), gs, bs)
    return torch.relu(norm(c2, g2, b2) + shortcut)


case(
    "residualBlock",
    {"channels": 3, "stride": [2, 2]},
    {"x": [2, 4, 4, 2], "w1": [3, 3, 2, 3], "g1": [3], "b1": [3], "w2": [3, 3, 3, 3], "g2": [3], "b2": [3],
     "ws": [1, 1, 2, 3], "gs": [3], "bs": [3]},
    lambda **given: residual_block(**given, stride=2),
)  # fmt: skip

about = (
    f"Layers of images in float64, forward and backward, made by PyTorch {torch.__version__} with "
    "spec/scripts/layers_torch.py; channels last"
)
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
print(f'{{\n"about": {json.dumps(about)},\n"cases": [\n{lines}\n]\n}}')
