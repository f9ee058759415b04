"""A grid on scikit-learn's digits: `python -m xor_sweep` against GridSearchCV over a scaled MLPClassifier.

    python benchmarks/digits.py [--seeds 1] [--repeat 3]

4 widths by 4 learning rates by 3 weight decays, 30 epochs, batches of 128, one split, each side as a whole command and
in turn. It prints the seconds of each, their medians, the ratio, and the best validation accuracy of both. Before the
first run that counts, one of ours fills the compile cache; `--cold` empties it before each.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]

WIDTHS = (32, 64, 128, 256)
RATES = (0.0003, 0.001, 0.003, 0.01)
DECAYS = (0.0001, 0.001, 0.01)

PEER = """
import json, sys, time
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
import warnings
warnings.filterwarnings("ignore")

widths, rates, decays, seeds = json.loads(sys.argv[1])
x, y = load_digits(return_X_y=True)
network = MLPClassifier(batch_size=128, max_iter=30, n_iter_no_change=1000)
search = GridSearchCV(
    make_pipeline(StandardScaler(), network),
    {
        "mlpclassifier__hidden_layer_sizes": [(width,) for width in widths],
        "mlpclassifier__learning_rate_init": rates,
        "mlpclassifier__alpha": decays,
        "mlpclassifier__random_state": list(range(seeds)),
    },
    cv=StratifiedShuffleSplit(1, test_size=0.2, random_state=0),
    n_jobs=2,
    refit=False,
)
search.fit(x, y)
print(json.dumps({"runs": len(search.cv_results_["params"]), "best": float(search.best_score_)}))
"""


def main() -> None:
    """Time both, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="seeds a configuration: 1 is 48 runs, 10 are 480")
    parser.add_argument("--repeat", type=int, default=3, help="pairs of runs (default: 3)")
    parser.add_argument("--cold", action="store_true", help="empty the compile cache before each of ours")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch) / "cache"
        if not options.cold:
            ours(options.seeds, Path(scratch) / "warm", cache)
        pairs = []
        for number in range(options.repeat):
            if options.cold:
                shutil.rmtree(cache, ignore_errors=True)
            mine = ours(options.seeds, Path(scratch) / str(number), cache)
            theirs = peer(options.seeds)
            pairs.append((mine, theirs))
            print(
                f"xor_sweep {mine[0]:6.2f} s  GridSearchCV {theirs[0]:6.2f} s  ratio {mine[0] / theirs[0]:.2f}",
                flush=True,
            )
        report(pairs)


def report(pairs: list[tuple[tuple[float, int, float], tuple[float, int, float]]]) -> None:
    """The medians."""
    for name, side in (("xor_sweep", 0), ("GridSearchCV", 1)):
        seconds = statistics.median(pair[side][0] for pair in pairs)
        _, runs, best = pairs[-1][side]
        print(f"{name:<13} {runs:4} runs  median {seconds:6.2f} s  best validation accuracy {best:.4f}")
    ratio = statistics.median(mine[0] / theirs[0] for mine, theirs in pairs)
    print(f"median ratio {ratio:.2f}")


def ours(seeds: int, outputs: Path, cache: Path) -> tuple[float, int, float]:
    """Seconds of the whole command, its runs, and their best validation accuracy."""
    command = [
        *(sys.executable, "-m", "xor_sweep", "-m", "data=sklearn", "data.name=digits", "optimizer=adamw"),
        f"network.hidden={','.join(f'[{width}]' for width in WIDTHS)}",
        f"lr={','.join(map(str, RATES))}",
        f"optimizer.weight_decay={','.join(map(str, DECAYS))}",
        *("network.activation=relu", "epochs=30", "batch_size=128", f"seed=range(0,{seeds})", f"outputs={outputs}"),
    ]
    environment = os.environ | {"PYTHONPATH": str(TREE), "XOR_SWEEP_COMPILE_CACHE": str(cache)}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    with (outputs / "digits" / "summary.csv").open(newline="") as file:
        accuracies = [float(row["final_accuracy"]) for row in csv.DictReader(file) if row["status"] == "completed"]
    return seconds, len(accuracies), max(accuracies)


def peer(seeds: int) -> tuple[float, int, float]:
    """The same of scikit-learn's search, with as many jobs as there are cores here."""
    grid = json.dumps([WIDTHS, RATES, DECAYS, seeds])
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", PEER, grid], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    found = json.loads(done.stdout.splitlines()[-1])
    return seconds, found["runs"], found["best"]


if __name__ == "__main__":
    main()
