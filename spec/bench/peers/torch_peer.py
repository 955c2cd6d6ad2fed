# PyTorch, eager, one thread. usage: torch_peer.py WORKLOAD
import sys
from work import *
import torch
from torch import nn
from torch.nn import functional as F
import_done()

torch.set_num_threads(1)
torch.manual_seed(0)
w = sys.argv[1]
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

x, y = map(torch.from_numpy, make_data(w))

def matmul(_):
    return torch.matmul(x, y)[0, 0]

def infer():
    net = network().eval()
    def step(_):
        with torch.inference_mode(): return float(torch.softmax(net(x), 1)[0, 0])
    return step

def train():
    net = network(s.get('norm', False))
    optimizer = torch.optim.SGD(net.parameters(), lr=s['rate']) if kind == 'tiny' else torch.optim.Adam(net.parameters(), lr=RATE)
    loss_of = F.mse_loss if kind == 'tiny' else F.cross_entropy
    def step(wanted):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item() if wanted else None
    return step

run('torch', w, matmul if kind == 'matmul' else infer() if kind == 'infer' else train())
