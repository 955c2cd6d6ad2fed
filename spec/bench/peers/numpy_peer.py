# NumPy on the BLAS it was built with: the networks written out by hand. usage: numpy_peer.py WORKLOAD
import sys
from work import *
import_done()

w = sys.argv[1]
s = WORKLOADS[w]
kind, f4 = s['kind'], np.float32

def matmul():
    a, b = make_data(w)
    c = np.empty_like(a)
    def step(_):
        np.matmul(a, b, out=c)
        return c[0, 0]
    return step

def softmax(h):
    h -= h.max(1, keepdims=True)
    np.exp(h, out=h)
    h /= h.sum(1, keepdims=True)
    return h

def infer():
    x, _ = make_data(w)
    dense = make_dense(s['sizes'])
    def step(_):
        h = x
        for i, (W, b) in enumerate(dense):
            h = h @ W
            h += b
            if i < len(dense) - 1: np.maximum(h, 0, out=h)
        return softmax(h)[0, 0]
    return step

def tiny():
    x, y = make_data(w)
    (W1, b1), (W2, b2) = make_dense(s['sizes'])
    rate = f4(s['rate'])
    def step(wanted):
        nonlocal W1, b1, W2, b2
        h = np.tanh(x @ W1 + b1)
        o = 1 / (1 + np.exp(-(h @ W2 + b2)))
        e = o - y
        g = e * o * (1 - o) * f4(2 / s['batch'])
        gh = (g @ W2.T) * (1 - h * h)
        W2 -= rate * (h.T @ g)
        b2 -= rate * g.sum(0)
        W1 -= rate * (x.T @ gh)
        b1 -= rate * gh.sum(0)
        return (e * e).mean() if wanted else None
    return step

def mlp():
    x, y = make_data(w)
    batch, hidden, norm = s['batch'], s['sizes'][1:-1], s.get('norm', False)
    drop = DROPOUT if norm else 0
    params = [p for layer in make_dense(s['sizes']) for p in layer]
    last, norms = len(hidden), len(params)
    if norm:
        for n in hidden: params += [np.ones(n, f4), np.zeros(n, f4)]
        running = [(np.zeros(n, f4), np.ones(n, f4)) for n in hidden]
    m, v, scratch = ([np.zeros_like(p) for p in params] for _ in range(3))
    grads = [None] * len(params)
    rng, rows, t = np.random.default_rng(0), np.arange(batch), 0

    def forward():
        inputs, kept, h = [x], [], x
        for i in range(last + 1):
            h = h @ params[2 * i]
            h += params[2 * i + 1]
            if i == last: return inputs, kept, h
            if norm:
                mean = h.mean(0)
                centred = h - mean
                variance = (centred * centred).mean(0)
                inverse = 1 / np.sqrt(variance + f4(1e-5))
                unit = centred * inverse
                for r, now in zip(running[i], (mean, variance)): r += f4(.1) * (now - r)
                h = unit * params[norms + 2 * i] + params[norms + 2 * i + 1]
            np.maximum(h, 0, out=h)
            positive = h
            mask = (rng.random(h.shape, dtype=f4) >= drop) * f4(1 / (1 - drop)) if drop else None
            if drop: h = h * mask
            kept.append((unit, inverse, mask, positive) if norm else (None, None, None, h))
            inputs.append(h)

    def backward(inputs, kept, g):
        for i in range(last, -1, -1):
            grads[2 * i] = inputs[i].T @ g
            grads[2 * i + 1] = g.sum(0)
            if i == 0: return
            g = g @ params[2 * i].T
            unit, inverse, mask, positive = kept[i - 1]
            if drop: g *= mask
            g *= positive > 0
            if not norm: continue
            j = norms + 2 * (i - 1)
            grads[j], grads[j + 1] = (g * unit).sum(0), g.sum(0)
            g = (params[j] * inverse) * (g - grads[j + 1] * f4(1 / batch) - unit * (grads[j] * f4(1 / batch)))

    def adam():
        rate, root = f4(RATE / (1 - .9 ** t)), f4(1 / math.sqrt(1 - .999 ** t))
        for p, a, b, g, tmp in zip(params, m, v, grads, scratch):
            a *= f4(.9)
            np.multiply(g, f4(.1), out=tmp)
            a += tmp
            b *= f4(.999)
            np.multiply(g, g, out=tmp)
            tmp *= f4(.001)
            b += tmp
            np.sqrt(b, out=tmp)
            tmp *= root
            tmp += f4(1e-8)
            np.divide(a, tmp, out=tmp)
            tmp *= rate
            p -= tmp

    def step(wanted):
        nonlocal t
        t += 1
        inputs, kept, h = forward()
        g = softmax(h)
        loss = -np.log(g[rows, y]).mean() if wanted else None
        g[rows, y] -= 1
        g *= f4(1 / batch)
        backward(inputs, kept, g)
        adam()
        return loss
    return step

run('numpy', w, dict(matmul=matmul, infer=infer, tiny=tiny, mlp=mlp)[kind]())
