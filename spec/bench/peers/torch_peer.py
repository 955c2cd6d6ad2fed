# PyTorch, eager, one thread. usage: torch_peer.py NAME WORKLOAD. The name torch-channels-last asks for W4 in that memory format.
import sys
from work import *
import torch
from torch import nn
from torch.nn import functional as F
import_done()

torch.set_num_threads(1)
torch.manual_seed(0)
peer, w = sys.argv[1:]
s = WORKLOADS[w]
kind = s['kind']

def linear(W, b):
    l = nn.Linear(*W.shape)
    with torch.no_grad():
        l.weight.copy_(torch.from_numpy(W.T.copy()))
        l.bias.copy_(torch.from_numpy(b))
    return l

def network(norm=False):
    dense, layers = make_dense(s['sizes']), []
    for W, b in dense[:-1]:
        layers += [linear(W, b)] + ([nn.BatchNorm1d(W.shape[1])] if norm else [])
        layers += [nn.Tanh() if kind == 'tiny' else nn.ReLU()] + ([nn.Dropout(DROPOUT)] if norm else [])
    return nn.Sequential(*layers, linear(*dense[-1]), *([nn.Sigmoid()] if kind == 'tiny' else []))

def convolutional():
    (k1, b1), (k2, b2), (W, b) = make_conv()
    def conv(k):
        l = nn.Conv2d(k.shape[2], k.shape[3], 3, padding=1)
        with torch.no_grad():
            l.weight.copy_(torch.from_numpy(k.transpose(3, 2, 0, 1).copy()))
            l.bias.zero_()
        return l
    # images are channels first here: the dense layer's rows in that order
    rows = W.reshape(7, 7, 32, 10).transpose(2, 0, 1, 3).reshape(1568, 10)
    pool = lambda: [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(conv(k1), *pool(), conv(k2), *pool(), nn.Flatten(), linear(rows, b))

x, y = map(torch.from_numpy, make_data(w))

def matmul(_):
    return torch.matmul(x, y)[0, 0]

def infer():
    net = network().eval()
    def step(_):
        with torch.inference_mode(): return float(torch.softmax(net(x), 1)[0, 0])
    return step

def train():
    net, given = (convolutional(), x.reshape(-1, 1, 28, 28)) if kind == 'conv' else (network(s.get('norm', False)), x)
    if peer == 'torch-channels-last':
        net, given = net.to(memory_format=torch.channels_last), given.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=s['rate']) if kind == 'tiny' else torch.optim.Adam(net.parameters(), lr=RATE)
    loss_of = F.mse_loss if kind == 'tiny' else F.cross_entropy
    def step(wanted):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(given), y)
        loss.backward()
        optimizer.step()
        return loss.item() if wanted else None
    return step

run(peer, w, matmul if kind == 'matmul' else infer() if kind == 'infer' else train())
