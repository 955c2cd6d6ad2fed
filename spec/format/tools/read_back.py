"""What TensorBoard, Optuna and Arrow read in the files that gradfold writes: the numbers of read-back.json.

    WRITE=/tmp/files npx vitest run spec/format/tools/tools.spec.ts
    python3 -m venv /tmp/readers
    /tmp/readers/bin/pip install tensorboard==2.21.0 optuna==5.0.0 pyarrow==25.0.1
    /tmp/readers/bin/python spec/format/tools/read_back.py /tmp/files > spec/format/tools/read-back.json
"""
import hashlib
import json
import pathlib
import sys

import optuna
import pyarrow
import pyarrow.parquet
import tensorboard
from google.protobuf import json_format
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.compat.proto import graph_pb2
from tensorboard.plugins.hparams import metadata, plugin_data_pb2
from tensorboard.util import tensor_util

folder = pathlib.Path(sys.argv[1])
optuna.logging.set_verbosity(optuna.logging.WARNING)


def exact(x):
    """NaN and infinities are no JSON"""
    return x if not isinstance(x, float) or x - x == 0 else str(x)


def events(path):
    log = plugin_event_accumulator.EventAccumulator(
        str(path), size_guidance={plugin_event_accumulator.TENSORS: 0}
    )
    log.Reload()
    plugins = {"scalars": {}, "histograms": {}, "hparams": {}}
    for tag in log.Tags()["tensors"]:
        kind = log.SummaryMetadata(tag).plugin_data.plugin_name
        if kind == "hparams":
            content = log.SummaryMetadata(tag).plugin_data.content
            data = plugin_data_pb2.HParamsPluginData.FromString(content)
            plugins[kind][tag] = json_format.MessageToDict(data)
        elif kind == "graphs":
            [found] = log.Tensors(tag)
            graph = graph_pb2.GraphDef.FromString(tensor_util.make_ndarray(found.tensor_proto).item())
            plugins["graph"] = [[n.name, n.op, list(n.input)] for n in graph.node]
        else:
            # the old form of a summary arrives as a tensor: TensorBoard has migrated it
            plugins[kind][tag] = [
                [t.step, json.loads(json.dumps(tensor_util.make_ndarray(t.tensor_proto).tolist()), parse_constant=str)]
                for t in log.Tensors(tag)
            ]
    return plugins


def journal(path):
    study = optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(str(path))))
    return {
        "name": study.study_name,
        "directions": [d.name for d in study.directions],
        "metrics": study.metric_names,
        "attributes": study.user_attrs,
        "best": [study.best_trial.number, study.best_value, study.best_params],
        "trials": [
            {
                "number": t.number,
                "state": t.state.name,
                "value": t.value,
                "params": t.params,
                "distributions": {k: repr(d) for k, d in t.distributions.items()},
                "intermediate": t.intermediate_values,
                "attributes": t.user_attrs,
            }
            for t in study.trials
        ],
    }


def table(path):
    read = pyarrow.parquet.read_table(path)
    return {c: [str(read.schema.field(c).type), [exact(x) for x in read[c].to_pylist()]] for c in read.column_names}


read = {}
for path in sorted(p for p in folder.rglob("*") if p.is_file()):
    kind = events if "tfevents" in path.name else journal if path.suffix == ".log" else table
    read[str(path.relative_to(folder))] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "read": kind(path),
    }
print(
    json.dumps(
        {
            "versions": {"tensorboard": tensorboard.__version__, "optuna": optuna.__version__, "pyarrow": pyarrow.__version__},
            "files": read,
        },
        indent=1,
        sort_keys=True,
    )
)
