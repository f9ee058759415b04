"""Keras's optimizers: every argument at Keras's default, so that a file in conf/optimizer/ says nothing new."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import II, MISSING

from xor_sweep.config.limits import limited


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


@dataclass
class AdafactorConf(OptimizerConf):
    """keras.optimizers.Adafactor; it takes means over whole variables, so its runs train one lane at a time."""

    name: str = "adafactor"
    weight_decay: float | None = limited(None, at_least=0, example="0.004")
    beta_2_decay: float = limited(-0.8, at_most=0, example="-0.8")
    epsilon_1: float = limited(1e-30, at_least=0, example="1e-30")
    epsilon_2: float = limited(1e-3, at_least=0, example="1e-3")
    clip_threshold: float = limited(1.0, above=0, example="1.0")
    relative_step: bool = True


@dataclass
class LambConf(OptimizerConf):
    """keras.optimizers.Lamb; it takes norms over whole variables, so its runs train one lane at a time."""

    name: str = "lamb"
    weight_decay: float | None = limited(None, at_least=0, example="0.004")
    beta_1: float = limited(0.9, at_least=0, below=1, example="0.9")
    beta_2: float = limited(0.999, at_least=0, below=1, example="0.999")
    epsilon: float = limited(1e-7, at_least=0, example="1e-7")


@dataclass
class MuonConf(OptimizerConf):
    """keras.optimizers.Muon; it multiplies whole matrices, so its runs train one lane at a time."""

    name: str = "muon"
    weight_decay: float | None = limited(0.004, at_least=0, example="0.004")
    adam_beta_1: float = limited(0.9, at_least=0, below=1, example="0.9")
    adam_beta_2: float = limited(0.999, at_least=0, below=1, example="0.999")
    adam_weight_decay: float | None = limited(0.004, at_least=0, example="0.004")
    epsilon: float = limited(1e-7, at_least=0, example="1e-7")
    exclude_layers: list[str] | None = limited(None, example="[output]")
    exclude_embeddings: bool = True
    muon_a: float = limited(3.4445, example="3.4445")
    muon_b: float = limited(-4.775, example="-4.775")
    muon_c: float = limited(2.0315, example="2.0315")
    adam_lr_ratio: float = limited(1.0, at_least=0, example="1.0")
    momentum: float = limited(0.95, at_least=0, at_most=1, example="0.95")
    ns_steps: int = limited(5, at_least=1, at_most=100, example="5")
    nesterov: bool = True
    rms_rate: float | None = limited(0.2, above=0, example="0.2")


OPTIMIZERS: dict[str, type[OptimizerConf]] = {
    conf.name: conf
    for conf in (
        AdadeltaConf,
        AdafactorConf,
        AdagradConf,
        AdamConf,
        AdamaxConf,
        AdamWConf,
        FtrlConf,
        LambConf,
        LionConf,
        MuonConf,
        NadamConf,
        RMSpropConf,
        SGDConf,
    )
}
"""Every Keras optimizer that trains one model, under the name of its class in small letters."""
