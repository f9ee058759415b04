"""Command lines as nobody would write them: our keys, Hydra's grammar, and what breaks out of it."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.hostile import HOSTILE

KEYS = {
    "numbers": "lr seed steps epochs optimizer.beta_1 optimizer.clipnorm network.dropout network.l2 network.init_scale "
    "schedule.alpha data.bits data.validation_fraction data.folds data.fold early_stopping.patience logging.scalars",
    "words": "experiment outputs data.path data.target loss objective direction save network.activation data.name "
    "network.output_activation network.kernel_initializer early_stopping.metric data.task",
    "groups": "network optimizer schedule data logging sweep hydra/launcher hydra/sweeper",
    "lists": "metrics class_weight network.hidden trusted_modules data.ignore",
    "switches": "overwrite network.batch_normalization data.standardize optimizer.use_ema",
    "none": "nope a.b network.x network.hidden.0 metrics.0 loss.x data.x data.kind optimizer.name lr.x . .. a..b "
    "sweep.x experiment.x",
    "called": "network._target_ loss._target_ data._target_ network.x._target_ x._target_",
    "hydra": "hydra.sweep.dir hydra.run.dir hydra.job.name hydra.mode hydra.verbose hydra.sweeper.params "
    "hydra.sweeper.max_batch_size hydra.launcher.x hydra.callbacks.x hydra.sweep.subdir hydra.nope",
}


def among(words: str) -> st.SearchStrategy[str]:
    """One of some words."""
    return st.sampled_from(words.split())


keys = st.one_of(*(st.sampled_from(words.split()) for words in KEYS.values()), st.sampled_from(HOSTILE))

numbers = st.one_of(
    among("0 1 -1 2 3 0.5 1e-3 1e400 -0.0 nan inf -inf NaN .5 5. 1_000 0x10 00 1e 9007199254740993"),
    st.sampled_from(["9" * 400, "1e-400", "-" + "9" * 30, "2147483648", "1000000001", "٣"]),
    st.integers(-3, 70_000).map(str),
    st.floats().map(repr),
)
bare = st.one_of(
    among("null true false yes on xor mlp custom adam sgd lamb cosine_decay parity csv sklearn"),
    among("scalars every_step off smoke seeds relu tanh mse auc balanced auto final_cost maximize"),
    among("basic fused grid best os.system a.b ??? _self_ a:b a/b a%b a-b a@b a|b a\\,b a\\ b \\= \\"),
)
quoted = st.builds(
    lambda text, mark: mark + text.replace(mark, f"\\{mark}") + mark,
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)),
    st.sampled_from("'\""),
)
interpolated = st.sampled_from(
    [
        "${lr}",
        "${nope}",
        "${data.name}",
        "${experiment}",
        "${outputs}",
        "${oc.env:HOME}",
        "${oc.env:NOPE}",
        "${oc.decode:'[1'}",
        "${oc.select:nope,3}",
        "${network}",
        "${.}",
        "${..}",
        "${hydra:job.name}",
        "${xor_sweep.stem:${data.path}}",
        "${xor_sweep.run_name:3}",
        "a${lr}b",
        "${",
        "${}",
        "$",
        "\\${lr}",
    ]
)
single = st.one_of(numbers, bare, bare, quoted, interpolated)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lists, mappings and casts of values."""
    several = st.lists(inner, max_size=3)
    named = st.one_of(among("a b 1 null _target_ lr hidden name _args_ true"), quoted)
    pairs = st.lists(st.builds("{}:{}".format, named, inner), max_size=3)
    return st.one_of(
        several.map(lambda items: f"[{','.join(items)}]"),
        pairs.map(lambda items: f"{{{','.join(items)}}}"),
        st.builds("{}({})".format, among("int float str bool json_str extend_list nope"), inner),
    )


plain = st.recursive(single, nested, max_leaves=4)
few = st.lists(plain, min_size=1, max_size=3).map(",".join)
ranges = st.builds(
    "range({})".format,
    st.one_of(
        among("3 0,3 3,0,-1 0,1,0.5 0,0 5,0 0,5,0 0,1e9 stop=2 0,nan 0,1,1e-9"),
        st.sampled_from(["1,2,3,4", "", "a", "-3", "0.5,2", "start=0,stop=2,step=1", "0,1,-1", "inf", "0,10000000"]),
    ),
)
sweeps = st.one_of(
    few,
    ranges,
    st.builds(
        "{}({})".format,
        among("choice sort shuffle glob interval tag int float str bool"),
        few,
    ),
    st.builds("{}({},reverse={})".format, st.sampled_from(["sort", "shuffle"]), few, st.sampled_from(["true", "1"])),
    st.builds("{}({})".format, st.sampled_from(["sort", "shuffle", "int", "str", "float"]), ranges),
    st.builds("interval({},{})".format, numbers, numbers),
    st.builds("tag({},{})".format, bare, few),
    st.builds("glob({},exclude={})".format, st.sampled_from(["*", "[a*]", "s*"]), bare),
)
values = st.one_of(plain, sweeps, st.text(max_size=10), st.sampled_from(HOSTILE))
overrides = st.one_of(
    st.builds("{}{}{}={}".format, st.sampled_from([""] * 6 + ["+", "++", "~"]), keys, st.just(""), values),
    st.builds(
        "{}{}@{}={}".format, st.sampled_from(["", "+", "~"]), keys, st.sampled_from(["", "x", "a:b", "_global_"]), bare
    ),
    keys.map(lambda key: f"~{key}"),
    st.text(max_size=12),
)
flags = st.sampled_from(["--multirun", "--cfg job", "--cfg nope", "--config-dir .", "--config-name x", "-p data", "--"])
command_lines = st.builds(
    lambda words, given: [*given, *words],
    st.lists(overrides, min_size=1, max_size=4),
    st.one_of(st.just(["-m"]), st.just(["-m"]), st.just([]), flags.map(str.split)),
)
"""Words of a command line."""

LIKELY = [
    (
        "lr",
        among("0.1 0.1,0.01 1e-1,0.10 '0.1' choice(0.1,0.2) sort(0.2,0.1) ${oc.decode:'1'}"),
    ),
    ("seed", among("range(3) range(0,3) shuffle(range(3)) 1,2 int(1.0) 1_0")),
    ("steps", st.sampled_from(["1", "1,2", "1000000000", "${seed}"])),
    ("network.hidden", st.sampled_from(["[2]", "[2],[3,4]", "[]", "[65536]", "[[2]]", "[2,]"])),
    ("network.activation", st.sampled_from(["relu", "glob(*)", "'relu'", "relu,tanh", "str(relu)"])),
    ("optimizer", st.sampled_from(["adam", "sgd,adam", "glob(*)", "glob(a*)", "[adam]", "'adam'"])),
    ("data", st.sampled_from(["parity", "xor", "xor,parity", "glob(x*)"])),
    ("network", st.sampled_from(["mlp", "xor,mlp", "custom"])),
    ("logging", st.sampled_from(["scalars", "off", "every_step"])),
    ("experiment", among("a ${seed} ${lr} 'a' x_${oc.env:HOME} 1 true null 1.50")),
    ("outputs", st.sampled_from(["a/b", "../a", "'a b'", "é", "'[red]'", "a${lr}", "1", "."])),
    ("sweep", st.sampled_from(["smoke", "lr_grid", "null"])),
    ("metrics", st.sampled_from(["[]", "[auc,auc]"])),
    ("class_weight", st.sampled_from(["balanced", "[1,2]", "null,[1,2]"])),
    ("overwrite", st.sampled_from(["true", "1", "yes", "'true'"])),
    ("save", st.sampled_from(["none", "all"])),
    ("logging.scalars", st.sampled_from(["0", "null", "10", "1000000000000"])),
    ("hydra.sweeper.max_batch_size", st.sampled_from(["1", "2", "null"])),
    ("hydra/launcher", st.sampled_from(["fused", "basic"])),
]
likely = st.lists(st.sampled_from(range(len(LIKELY))), min_size=1, max_size=4, unique=True).flatmap(
    lambda chosen: st.tuples(*(LIKELY[k][1].map(f"{LIKELY[k][0]}={{}}".format) for k in chosen)).map(list)
)
"""Overrides that mostly make a sweep."""
