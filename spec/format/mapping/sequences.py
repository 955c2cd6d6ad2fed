"""Makes fixtures/sequences-torch.json (float64, with gradients) and sequences-keras.json (float32): weights of sequence layers, inputs, outputs.

PyTorch 1.13.0 of Debian 12 (python3-torch): /usr/bin/python3 spec/format/mapping/sequences.py torch
Keras 3.15.1 on NumPy (pip install keras scipy jax): python3 spec/format/mapping/sequences.py keras
"""
import json
import os
import sys

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")


def short(a):
    return [float(f"{v:.17g}") for v in a]


def write(name, data):
    with open(os.path.join(folder, f"sequences-{name}.json"), "w") as f:
        json.dump(data, f)


def make_torch():
    import torch
    from torch import nn

    torch.manual_seed(3)

    def tensor(t):
        return {"shape": list(t.shape), "data": short(t.detach().flatten().tolist())}

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(7, 4)
            self.block = nn.TransformerEncoderLayer(4, 2, 5, 0.0, "gelu", batch_first=True, norm_first=True)
            self.rnn = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
            self.gru = nn.GRU(6, 2, bidirectional=True, batch_first=True)
            self.last = nn.RNN(4, 3, batch_first=True)
            self.head = nn.Linear(3, 2)

        def forward(self, x):
            x = self.block(self.embed(x))
            x = self.gru(self.rnn(x)[0])[0]
            return self.head(self.last(x)[0][:, -1])

    def case(module, inputs, **more):
        module.double()
        y = module(*inputs, **more)
        y = y[0] if isinstance(y, tuple) else y
        c = torch.randn_like(y)
        (y * c).sum().backward()
        return {
            "weights": {k: tensor(p) for k, p in module.state_dict().items()},
            "inputs": [tensor(x) for x in inputs],
            "y": tensor(y),
            "cotangent": tensor(c),
            "gradients": {k: tensor(p.grad) for k, p in module.named_parameters()},
        }

    net = case(Net(), [torch.randint(0, 7, (3, 4))])
    to = torch.randn(2, 4, 3, dtype=torch.float64)
    mask = torch.tensor([[True, True, False, True], [True, True, True, True]])
    mha = nn.MultiheadAttention(4, 2, kdim=3, vdim=3, batch_first=True)
    nn.init.normal_(mha.in_proj_bias)
    cross = case(mha, [torch.randn(2, 3, 4, dtype=torch.float64), to, to], key_padding_mask=~mask)
    cross["mask"] = tensor(mask.double())
    write("torch", {"library": torch.__version__, "net": net, "cross": cross})


def make_keras():
    os.environ["KERAS_BACKEND"] = "numpy"
    import keras
    import numpy as np

    # float32: layers of this backend round to it whatever the policy says
    from keras import layers

    r = np.random.RandomState(5)

    def tensor(a):
        return {"shape": list(a.shape), "data": short(np.asarray(a).flatten().tolist())}

    def sequence(x):
        x = layers.Embedding(7, 4, name="embed")(x)
        x = layers.MultiHeadAttention(2, 2, name="attention")(x, x)
        x = layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
        x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(x)
        x = layers.Conv1D(3, 2, name="conv")(x)
        x = layers.GRU(2, return_sequences=True, name="after")(x)
        x = layers.GRU(2, return_sequences=True, reset_after=False, name="before")(x)
        x = layers.SimpleRNN(3, return_sequences=True, name="simple")(x)
        return layers.Dense(2, name="head")(layers.BatchNormalization(epsilon=1e-5, name="batch")(layers.Flatten()(x)))

    def image(x):
        x = layers.Conv2D(3, (2, 3), name="conv")(x)
        x = layers.Conv2DTranspose(2, 2, strides=2, name="up")(x)
        x = layers.DepthwiseConv2D(2, depth_multiplier=2, name="depth")(x)
        x = layers.SeparableConv2D(4, 2, name="separable")(x)
        x = layers.GroupNormalization(2, epsilon=1e-5, name="group")(x)
        return layers.Dense(2, name="dense")(layers.Flatten()(x))

    def case(inputs, body, x):
        net = keras.Model(inputs, body(inputs))
        for w in net.weights:
            w.assign(r.uniform(0.2, 1.2, w.shape) if "variance" in w.path else r.normal(0, 0.6, w.shape))
        return {
            "weights": {w.path: tensor(w.numpy()) for w in net.weights},
            "inputs": [tensor(x)],
            "y": tensor(net.predict(x, verbose=0)),
        }

    sequences = case(keras.Input((4,), dtype="int32"), sequence, r.randint(0, 7, (3, 4)))
    images = case(keras.Input((3, 4, 2)), image, r.normal(0, 1, (2, 3, 4, 2)))
    write("keras", {"library": keras.__version__, "sequences": sequences, "images": images})


{"torch": make_torch, "keras": make_keras}[sys.argv[1]]()
