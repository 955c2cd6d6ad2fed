"""
scikit-learn's MLPClassifier on small tables, and the same splits for gradfold as JSON on standard output.

Each table is split by train_test_split (a quarter for the test, stratified, random_state 0). Gaps of numbers are filled with the mean of the
training part, categories are one-hot with a column for a gap, numbers are standardised by the training part.
"""
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
settings = json.loads(sys.argv[1])


def penguins(path):
    rows = [r for r in json.load(open(path)) if r["Species"] is not None]
    numbers = ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"]
    x = np.array([[np.nan if r[c] is None else r[c] for c in numbers] for r in rows], dtype=np.float64)
    # the package writes an unknown sex as null, and once as a point
    sex = ["gap" if r["Sex"] in (None, ".") else r["Sex"] for r in rows]
    categories = [("Island", [r["Island"] for r in rows]), ("Sex", sex)]
    columns = [np.array([[v == k for k in sorted(set(vs))] for v in vs], dtype=np.float64) for _, vs in categories]
    species = sorted({r["Species"] for r in rows})
    return x, np.hstack(columns), np.array([species.index(r["Species"]) for r in rows])


def plain(load):
    x, y = load(return_X_y=True)
    return x, np.zeros((len(x), 0)), y


tables = {
    "penguins": lambda: penguins(settings["penguins"]),
    "wine": lambda: plain(load_wine),
    "breast cancer": lambda: plain(load_breast_cancer),
    "digits": lambda: plain(load_digits),
}


def prepared(x, onehot, y):
    train, test = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=0)
    mean = np.nanmean(x[train], axis=0)
    x = np.where(np.isnan(x), mean, x)
    deviation = x[train].std(axis=0)
    x = np.hstack([(x - mean) / np.where(deviation == 0, 1, deviation), onehot]).astype(np.float32)
    return x[train], x[test], y[train], y[test]


def scores(xa, xb, ya, yb, seed):
    net = MLPClassifier(
        hidden_layer_sizes=(settings["units"],),
        activation="relu",
        solver="adam",
        alpha=0,
        batch_size=settings["batchSize"],
        learning_rate_init=settings["rate"],
        max_iter=settings["epochs"],
        n_iter_no_change=settings["epochs"] + 1,
        random_state=seed,
    ).fit(xa, ya)
    return {"accuracy": accuracy_score(yb, net.predict(xb)), "loss": log_loss(yb, net.predict_proba(xb))}


out = []
for name, load in tables.items():
    xa, xb, ya, yb = prepared(*load())
    out.append({
        "name": name,
        "classes": int(max(ya.max(), yb.max())) + 1,
        "train": {"x": xa.tolist(), "y": ya.tolist()},
        "test": {"x": xb.tolist(), "y": yb.tolist()},
        "runs": [scores(xa, xb, ya, yb, seed) for seed in settings["seeds"]],
    })
print(json.dumps({"version": sklearn.__version__, "tables": out}))
