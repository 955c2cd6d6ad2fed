"""The numbers of spec/golden/follow-keras.json: trainings by Keras 3.15 (TensorFlow 2.21) and scikit-learn 1.9.

    pip install keras==3.15.1 tensorflow-cpu==2.21.0 scikit-learn==1.9.1
    python3 spec/scripts/follow_keras.py > spec/golden/follow-keras.json

Rows, classes, order and start are those of follow-torch.json, without masks. Rates are powers of 2: Keras keeps a rate in float32.
"""
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

torch = json.loads((pathlib.Path(__file__).parent / "../golden/follow-torch.json").read_text())
x = np.array(torch["x"]).reshape(60, 6)
y = np.array(torch["y"])
order = torch["order"]
start = {k: np.array(v) for k, v in torch["start"].items()}


def numbers(arrays):
    return [np.asarray(a, dtype="float64").reshape(-1).tolist() for a in arrays]


def follow(floatx, make):
    keras.backend.set_floatx(floatx)
    model = keras.Sequential(
        [
            keras.layers.Input([6]),
            keras.layers.Dense(8, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.Dense(3),
        ]
    )
    model.set_weights(
        [
            start["a.weight"].reshape(8, 6).T,
            start["n.weight"], start["n.bias"], start["n.running_mean"], start["n.running_var"],
            start["b.weight"].reshape(3, 8).T,
            start["b.bias"],
        ]
    )
    model.compile(make(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    seen = {}
    for i, rows in enumerate(order):
        model.train_on_batch(x[rows].astype(floatx), y[rows])
        if i + 1 in (1, 10, 50):
            seen[i + 1] = numbers(model.get_weights())
    return seen


o = keras.optimizers
makers = {
    "sgd": lambda: o.SGD(2**-4),
    "sgd, momentum": lambda: o.SGD(2**-4, momentum=0.9),
    "sgd, nesterov": lambda: o.SGD(2**-4, momentum=0.9, nesterov=True),
    "adam": lambda: o.Adam(2**-7),
    "adam, betas of few bits": lambda: o.Adam(2**-7, beta_1=0.875, beta_2=1 - 2**-10),
    "adadelta": lambda: o.Adadelta(1.0),
}
keras_runs = {t: {name: follow(t, make) for name, make in makers.items()} for t in ("float64", "float32")}


def sk(kind, targets, **settings):
    def fit(**more):
        common = dict(hidden_layer_sizes=(8,), batch_size=12, shuffle=False, random_state=3, tol=0, n_iter_no_change=1000, alpha=0.125)
        return kind(**{**common, **settings, **more}).fit(x, targets)

    # a rate that changes nothing shows the initial values
    first = fit(learning_rate_init=1e-300, max_iter=1)
    last = fit(max_iter=10)
    return {"start": numbers(first.coefs_ + first.intercepts_), "after": numbers(last.coefs_ + last.intercepts_)}


values = x[:, :2] * 0.5 + 0.25
sklearn_runs = {
    "classifier, sgd": sk(MLPClassifier, y, solver="sgd", learning_rate_init=0.05, activation="tanh"),
    "classifier, adam": sk(MLPClassifier, y, solver="adam", learning_rate_init=0.01, activation="logistic", epsilon=0.01),
    "regressor, momentum": sk(
        MLPRegressor, values, solver="sgd", learning_rate_init=0.05, nesterovs_momentum=False, activation="relu"
    ),
}
print(
    json.dumps(
        {
            "versions": {"keras": keras.__version__, "scikit-learn": sklearn.__version__},
            "keras": keras_runs,
            "targets": numbers([values])[0],
            "sklearn": sklearn_runs,
        }
    )
)
