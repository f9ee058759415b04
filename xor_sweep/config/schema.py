"""The typed schema of conf/: every key with its type, its default and the values that it takes.

Hydra validates types against these dataclasses while it composes; `xor_sweep.config.parse` holds the limits. The
defaults are Keras's own, so that a file in conf/optimizer/ says nothing that Keras does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import II, MISSING

from xor_sweep.config.limits import limited

ACTIVATIONS = (
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "squareplus",
    "swish",
    "tanh",
)
"""Keras's elementwise activations, by the strings that `keras.activations.get` takes."""

INITIALIZERS = (
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "zeros",
)
"""Keras's initializers; the `random_…` and `truncated_normal` ones draw from N(0, 1) and U(-1, 1)."""

OBJECTIVES = ("best_cost", "final_accuracy", "final_cost")
DIRECTIONS = ("maximize", "minimize")


@dataclass
class NetworkConf:
    """A chain of dense layers with one sigmoid unit at its end."""

    hidden: list[int] = limited([2], at_least=1, at_most=65_536, example="[2]")
    activation: str = limited("sigmoid", choices=ACTIVATIONS)
    kernel_initializer: str = limited("random_normal", choices=INITIALIZERS)
    bias_initializer: str = limited("random_normal", choices=INITIALIZERS)
    init_scale: float = limited(1.0, above=0, example="1.0")


@dataclass
class DataConf:
    """A truth table."""

    name: str = MISSING


@dataclass
class XorConf(DataConf):
    """The four points of exclusive or."""

    name: str = "xor"


@dataclass
class ParityConf(DataConf):
    """All inputs of `bits` bits; the target is 1 where an odd number of them is set."""

    name: str = "parity"
    bits: int = limited(3, at_least=1, at_most=16, example="3")


@dataclass
class OptimizerConf:
    """The arguments that every Keras optimizer takes."""

    name: str = MISSING
    learning_rate: float = field(default=II("lr"), metadata=limited(0.01, above=0, example="0.01").metadata)
    weight_decay: float | None = limited(None, lane=True, at_least=0, example="0.004")
    clipnorm: float | None = limited(None, above=0, example="1.0")
    clipvalue: float | None = limited(None, above=0, example="1.0")
    global_clipnorm: float | None = limited(None, above=0, example="1.0")
    use_ema: bool = False
    ema_momentum: float = limited(0.99, at_least=0, at_most=1, example="0.99")
    ema_overwrite_frequency: int | None = limited(None, at_least=1, example="100")
    loss_scale_factor: float | None = limited(None, above=0, example="1.0")
    gradient_accumulation_steps: int | None = limited(None, at_least=2, example="2")


@dataclass
class SGDConf(OptimizerConf):
    """keras.optimizers.SGD; `momentum` is branched on in Python, so it belongs to the structure."""

    name: str = "sgd"
    momentum: float = limited(0.0, at_least=0, at_most=1, example="0.9")
    nesterov: bool = False


@dataclass
class RMSpropConf(OptimizerConf):
    """keras.optimizers.RMSprop; `momentum` is branched on in Python, so it belongs to the structure."""

    name: str = "rmsprop"
    rho: float = limited(0.9, lane=True, at_least=0, at_most=1, example="0.9")
    momentum: float = limited(0.0, at_least=0, at_most=1, example="0.9")
    epsilon: float = limited(1e-7, lane=True, at_least=0, example="1e-7")
    centered: bool = False


@dataclass
class AdamConf(OptimizerConf):
    """keras.optimizers.Adam."""

    name: str = "adam"
    beta_1: float = limited(0.9, lane=True, at_least=0, below=1, example="0.9")
    beta_2: float = limited(0.999, lane=True, at_least=0, below=1, example="0.999")
    epsilon: float = limited(1e-7, lane=True, at_least=0, example="1e-7")
    amsgrad: bool = False


@dataclass
class AdamWConf(AdamConf):
    """keras.optimizers.AdamW."""

    name: str = "adamw"
    weight_decay: float = limited(0.004, lane=True, at_least=0, example="0.004")


@dataclass
class AdadeltaConf(OptimizerConf):
    """keras.optimizers.Adadelta."""

    name: str = "adadelta"
    rho: float = limited(0.95, lane=True, at_least=0, at_most=1, example="0.95")
    epsilon: float = limited(1e-7, lane=True, at_least=0, example="1e-7")


@dataclass
class AdagradConf(OptimizerConf):
    """keras.optimizers.Adagrad; the accumulator's start value shapes a variable, so it belongs to the structure."""

    name: str = "adagrad"
    initial_accumulator_value: float = limited(0.1, at_least=0, example="0.1")
    epsilon: float = limited(1e-7, lane=True, at_least=0, example="1e-7")


@dataclass
class AdamaxConf(OptimizerConf):
    """keras.optimizers.Adamax."""

    name: str = "adamax"
    beta_1: float = limited(0.9, lane=True, at_least=0, below=1, example="0.9")
    beta_2: float = limited(0.999, lane=True, at_least=0, below=1, example="0.999")
    epsilon: float = limited(1e-7, lane=True, at_least=0, example="1e-7")


@dataclass
class NadamConf(OptimizerConf):
    """keras.optimizers.Nadam; `beta_1` shapes a scalar variable, so it belongs to the structure."""

    name: str = "nadam"
    beta_1: float = limited(0.9, at_least=0, below=1, example="0.9")
    beta_2: float = limited(0.999, lane=True, at_least=0, below=1, example="0.999")
    epsilon: float = limited(1e-7, lane=True, at_least=0, example="1e-7")


@dataclass
class FtrlConf(OptimizerConf):
    """keras.optimizers.Ftrl."""

    name: str = "ftrl"
    learning_rate_power: float = limited(-0.5, at_most=0, example="-0.5")
    initial_accumulator_value: float = limited(0.1, at_least=0, example="0.1")
    l1_regularization_strength: float = limited(0.0, lane=True, at_least=0, example="0.001")
    l2_regularization_strength: float = limited(0.0, lane=True, at_least=0, example="0.001")
    l2_shrinkage_regularization_strength: float = limited(0.0, lane=True, at_least=0, example="0.001")
    beta: float = limited(0.0, lane=True, at_least=0, example="0.1")


@dataclass
class LionConf(OptimizerConf):
    """keras.optimizers.Lion."""

    name: str = "lion"
    beta_1: float = limited(0.9, lane=True, above=0, at_most=1, example="0.9")
    beta_2: float = limited(0.99, lane=True, at_least=0, at_most=1, example="0.99")


OPTIMIZERS: dict[str, type[OptimizerConf]] = {
    conf.name: conf
    for conf in (
        AdadeltaConf,
        AdagradConf,
        AdamConf,
        AdamaxConf,
        AdamWConf,
        FtrlConf,
        LionConf,
        NadamConf,
        RMSpropConf,
        SGDConf,
    )
}
"""Every elementwise Keras optimizer under the string that `keras.optimizers.get` takes."""

DATA: dict[str, type[DataConf]] = {conf.name: conf for conf in (XorConf, ParityConf)}
"""Every data set under its name."""


@dataclass
class LoggingConf:
    """What a run's event file holds; `null` points mean every step, 0 means none."""

    scalars: int | None = limited(1000, at_least=0, example="1000")
    histograms: int | None = limited(51, at_least=0, example="51")
    graph: bool = True


@dataclass
class Config:
    """The keys at the top."""

    network: NetworkConf = field(default_factory=NetworkConf)
    optimizer: OptimizerConf = MISSING
    data: DataConf = MISSING
    logging: LoggingConf = field(default_factory=LoggingConf)
    lr: float = limited(0.01, above=0, example="0.01")
    seed: int = limited(5, at_least=0, at_most=2**31 - 1, example="1")
    steps: int = limited(10_001, at_least=1, at_most=10**9, example="10001")
    experiment: str = II("data.name")
    outputs: str = "outputs"
    overwrite: bool = False
    objective: str = limited("final_cost", choices=OBJECTIVES)
    direction: str = limited("minimize", choices=DIRECTIONS)
    dry_run: bool = False
    sweep: Any = None


def register() -> None:
    """Give Hydra the schema, so that conf/'s files can name it in their defaults lists.

    The groups' schemas stand below `hydra/schema`, where `--help` does not list them as choices.
    """
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/schema", name="network", node=NetworkConf)
    store.store(group="hydra/schema", name="logging", node=LoggingConf)
    for name, optimizer in OPTIMIZERS.items():
        store.store(group="hydra/schema/optimizer", name=name, node=optimizer)
    for name, data in DATA.items():
        store.store(group="hydra/schema/data", name=name, node=data)
