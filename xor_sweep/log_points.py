"""When a run is looked at: the points of its event file, and the costs that it prints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.spec import LoggingSpec
from xor_sweep.errors import ConfigError
from xor_sweep.logs.points import LogPoints
from xor_sweep.spread import spread
from xor_sweep.structure import Structure, spread_over

TRAIN_SCORES = 11
"""How often the training part is scored beside the validation part: about every third of 30 epochs."""

MOST_POINTS = 10_000_000
"""Of a run's event file, which are some hundreds of megabytes."""

MILESTONES = 11
"""How many costs a single run prints of data that is no truth table."""


def log_points(logging: LoggingSpec, structure: Structure) -> LogPoints:
    """The steps at which a run's event file has points.

    A truth table is looked at as often as asked for. Looking at other data costs a pass over all of it, so there is at
    most one point an epoch, and the training part, which is the larger one and ranks no run, is scored at
    eleven of them at most; unless every step is asked for.
    """
    steps, looks = structure.steps, None
    if not structure.data.truth_table:
        looks = np.union1d([0], structure.epoch_ends).astype(np.int64)

    def chosen(most: int | None) -> NDArray[np.int64]:
        if looks is None or most is None:
            return spread(steps, most)
        return looks[spread(len(looks) - 1, most)]

    scalars = chosen(logging.scalars)
    if not structure.data.validation:
        of_train = scalars[:0]
    elif logging.scalars is None:
        of_train = scalars
    else:
        of_train = spread_over(scalars, TRAIN_SCORES)
    return LogPoints(scalars, of_train, chosen(logging.histograms))


def check_points(logging: LoggingSpec, structure: Structure) -> None:
    """Refuse more points than anyone looks at.

    Raises:
        ConfigError: where a run's event file would have so many.
    """
    asked = (structure.steps if most is None else most for most in (logging.scalars, logging.histograms))
    if (most := min(max(asked), structure.steps)) > MOST_POINTS:
        raise ConfigError(
            f"logging: asks for {most:,} points, and a run takes {MOST_POINTS:,} at most; write logging=default, say"
        )


def milestones(structure: Structure) -> NDArray[np.int64]:
    """The steps whose cost a single run prints.

    Of a truth table every 1,000, for short runs a tenth, for long ones a twentieth; of other data some epochs' ends.
    """
    steps = structure.steps
    if not structure.data.truth_table:
        return spread_over(np.union1d([0], structure.epoch_ends).astype(np.int64), MILESTONES)
    every = max(1, steps // 10) if steps < 1000 else 1000 * max(1, steps // 20_000)
    return np.arange(0, steps + 1, every, dtype=np.int64)
