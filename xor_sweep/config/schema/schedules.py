"""Keras's learning-rate schedules, whose first rate is `lr`.

A number is a lane where Keras uses it in arithmetic alone, so that a vector of one number a lane broadcasts. It belongs
to the structure where Keras branches on it: in Python, as on `staircase`, `cycle`, `warmup_target` (None or not) and on
the sign of `decay_steps` and `first_decay_steps` in every constructor; or in `ops.cond`, which takes one truth for all
lanes, as on `t_mul` (1 or not) and `warmup_steps`. Lists are structure: their lengths make the graph.

`null` for a number of steps stands for all steps of the run.
"""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

from xor_sweep.config.limits import limited


@dataclass
class ScheduleConf:
    """What every schedule has: its name, which its option fixes."""

    name: str = MISSING


@dataclass
class ConstantConf(ScheduleConf):
    """The learning rate stays what it is."""

    name: str = "constant"


@dataclass
class ExponentialDecayConf(ScheduleConf):
    """`lr * decay_rate ** (step / decay_steps)`; Keras has no default for the rate, here it ends at a tenth."""

    name: str = "exponential_decay"
    decay_steps: int | None = limited(None, at_least=1, example="1000")
    decay_rate: float = limited(0.1, lane=True, at_least=0, example="0.1")
    staircase: bool = False


@dataclass
class InverseTimeDecayConf(ScheduleConf):
    """`lr / (1 + decay_rate * step / decay_steps)`; Keras has no default for the rate, here it ends at a tenth."""

    name: str = "inverse_time_decay"
    decay_steps: int | None = limited(None, at_least=1, example="1000")
    decay_rate: float = limited(9.0, lane=True, at_least=0, example="9.0")
    staircase: bool = False


@dataclass
class PolynomialDecayConf(ScheduleConf):
    """From `lr` to `end_learning_rate` along a power of the steps that are left."""

    name: str = "polynomial_decay"
    decay_steps: int | None = limited(None, at_least=1, example="1000")
    end_learning_rate: float = limited(0.0001, lane=True, at_least=0, example="0.0001")
    power: float = limited(1.0, lane=True, at_least=0, example="1.0")
    cycle: bool = False


@dataclass
class CosineDecayConf(ScheduleConf):
    """Half a cosine from `lr`, or from `warmup_target` after a warm-up, down to `alpha` times that."""

    name: str = "cosine_decay"
    decay_steps: int | None = limited(None, at_least=1, example="1000")
    alpha: float = limited(0.0, lane=True, at_least=0, at_most=1, example="0.01")
    warmup_target: float | None = limited(None, above=0, example="0.01")
    warmup_steps: int = limited(0, at_least=0, example="100")


@dataclass
class CosineDecayRestartsConf(ScheduleConf):
    """Half cosines one after the other, each `t_mul` times as long and `m_mul` times as high as the one before."""

    name: str = "cosine_decay_restarts"
    first_decay_steps: int | None = limited(None, at_least=1, example="1000")
    t_mul: float = limited(2.0, at_least=1, example="2.0")
    m_mul: float = limited(1.0, lane=True, at_least=0, example="1.0")
    alpha: float = limited(0.0, lane=True, at_least=0, at_most=1, example="0.01")


@dataclass
class PiecewiseConstantDecayConf(ScheduleConf):
    """`lr` times a factor for each stretch: up to the first boundary, between two, and after the last."""

    name: str = "piecewise_constant_decay"
    boundaries: list[int] = limited([], at_least=1, example="[1000,5000]")
    factors: list[float] = limited([1.0], at_least=0, example="[1,0.1,0.01]")


SCHEDULES: dict[str, type[ScheduleConf]] = {
    conf.name: conf
    for conf in (
        ConstantConf,
        CosineDecayConf,
        CosineDecayRestartsConf,
        ExponentialDecayConf,
        InverseTimeDecayConf,
        PiecewiseConstantDecayConf,
        PolynomialDecayConf,
    )
}
"""Every schedule under its name, which is Keras's class in snake case."""
