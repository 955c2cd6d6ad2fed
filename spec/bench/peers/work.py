# What work.mjs and timing.mjs are for JavaScript, for the Python peers.
import json, math, os, resource, time
import numpy as np

born = float(os.environ.get('BENCH_BORN', time.time() * 1e3))
since_born = lambda: time.time() * 1e3 - born
imported = [math.nan]
def import_done(): imported[0] = since_born()

def uniform(seed, n):
    with np.errstate(over='ignore'):
        a = np.uint32(seed) + np.arange(1, n + 1, dtype=np.uint32) * np.uint32(0x6d2b79f5)
        t = (a ^ (a >> np.uint32(15))) * (a | np.uint32(1))
        u = t ^ (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61)))
        return ((u ^ (u >> np.uint32(14))).astype(np.float64) / 4294967296).astype(np.float32)

def glorot(seed, n_in, n_out, shape=None):
    limit = math.sqrt(6 / (n_in + n_out))
    shape = shape or (n_in, n_out)
    return ((2 * uniform(seed, math.prod(shape)).astype(np.float64) - 1) * limit).astype(np.float32).reshape(shape)

MNIST = [784, 512, 512, 10]
WORKLOADS = dict(
    W1=dict(kind='mlp', batch=32, sizes=[784, 128, 10]),
    W2=dict(kind='mlp', batch=128, sizes=MNIST),
    W3=dict(kind='mlp', batch=128, sizes=MNIST, norm=True),
    W4=dict(kind='conv', batch=64, sizes=[784, 10]),
    W5=dict(kind='tiny', batch=4, sizes=[2, 16, 1], rate=.5),
    W6a=dict(kind='matmul', n=512), W6b=dict(kind='matmul', n=1024),
    W7a=dict(kind='infer', batch=1, sizes=MNIST), W7b=dict(kind='infer', batch=256, sizes=MNIST))
RATE = float(os.environ.get('BENCH_RATE', 1e-20))
DROPOUT = float(os.environ.get('BENCH_DROPOUT', .2))

def make_data(w):
    s = WORKLOADS[w]
    if s['kind'] == 'tiny':
        return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([[0], [1], [1], [0]], np.float32)
    if s['kind'] == 'matmul':
        n = s['n']
        return uniform(1, n * n).reshape(n, n), uniform(2, n * n).reshape(n, n)
    return uniform(1, s['batch'] * 784).reshape(-1, 784), np.floor(uniform(2, s['batch']) * 10).astype(np.int64)

def make_conv():
    sizes = [((3, 3, 1, 16), 9, 144), ((3, 3, 16, 32), 144, 288), ((1568, 10), 1568, 10)]
    return [(glorot(100 + i, a, b, shape), np.zeros(shape[-1], np.float32)) for i, (shape, a, b) in enumerate(sizes)]

def make_dense(sizes):
    return [(glorot(100 + i, a, b), np.zeros(b, np.float32)) for i, (a, b) in enumerate(zip(sizes, sizes[1:]))]

def peak_mb():
    try: return round(int(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1]) / 1024)
    except OSError: return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

def digits(v, n): return float(f'%.{n}g' % v)

# step(wanted) -> its loss where wanted
def run(peer, w, step):
    seconds, warm = float(os.environ.get('BENCH_SECONDS', 1)), float(os.environ.get('BENCH_WARM', .5))
    now = time.perf_counter
    seen = [step(True)]
    first = since_born()
    training = WORKLOADS[w]['kind'] in ('mlp', 'conv', 'tiny')
    while training and len(seen) < 20: seen.append(step(True))
    t0, n = now(), 0
    while now() - t0 < warm or n < 3: step(False); n += 1
    size = max(1, math.ceil(.005 / ((now() - t0) / n)))
    blocks, began, cpu = [], now(), time.process_time()
    while not blocks or now() - began < seconds or (len(blocks) < 9 and now() - began < seconds * 6):
        t = now()
        for _ in range(size): step(False)
        blocks.append((now() - t) / size * 1e3)
    share = (time.process_time() - cpu) / (now() - began)
    ms = sorted(blocks)[len(blocks) // 2]
    r = dict(peer=peer, workload=w, ms=digits(ms, 5), mean=digits(sum(blocks) / len(blocks), 5), steps=len(blocks) * size, cpu=digits(share, 3))
    if WORKLOADS[w]['kind'] == 'matmul': r['gflops'] = digits(2 * WORKLOADS[w]['n'] ** 3 / ms / 1e6, 4)
    r.update(first=round(first), loss1=digits(float(seen[0]), 7), imported=round(imported[0]), peakMb=peak_mb())
    if training: r['loss20'] = digits(float(seen[19]), 7)
    print(json.dumps(r), flush=True)
