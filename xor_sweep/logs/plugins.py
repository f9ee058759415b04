"""What TensorBoard's HParams, Custom Scalars and Text read -> records of event files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as custom_scalars
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.text import metadata as text

from xor_sweep.logs.encode import opening
from xor_sweep.logs.records import record


@dataclass(frozen=True)
class Session:
    """A run as HParams shows it.

    Attributes:
        group: replicates that share it are one row.
        hparams: by key; a key has one type in all runs of a sweep, and no value where the run has none.
        metrics: scalars by tag, finite.
        started, ended: seconds since 1970.
        success: whether it completed.
        step: where the metrics stand.
    """

    group: str
    hparams: Mapping[str, float | bool | str]
    metrics: Mapping[str, float]
    started: float
    ended: float
    success: bool
    step: int


def session_events(session: Session) -> bytes:
    """An event file's content that makes its run a session."""
    start = plugin_data_pb2.SessionStartInfo(group_name=session.group, start_time_secs=session.started)
    for key, value in session.hparams.items():
        if isinstance(value, bool):
            start.hparams[key].bool_value = value
        elif isinstance(value, str):
            start.hparams[key].string_value = value
        else:
            start.hparams[key].number_value = value
    status = api_pb2.STATUS_SUCCESS if session.success else api_pb2.STATUS_FAILURE
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=session.ended)
    about = {
        hparams.SESSION_START_INFO_TAG: plugin_data_pb2.HParamsPluginData(session_start_info=start),
        hparams.SESSION_END_INFO_TAG: plugin_data_pb2.HParamsPluginData(session_end_info=end),
    }
    values = [
        summary_pb2.Summary.Value(
            tag=tag, metadata=_tensors(hparams.create_summary_metadata(data)), tensor=hparams.NULL_TENSOR
        )
        for tag, data in about.items()
    ]
    return (
        opening(session.started, None)
        + _event(session.started, 0, values)
        + _scalars(session.ended, session.step, session.metrics)
    )


def sweep_events(
    moment: float,
    charts: Mapping[str, Mapping[str, Sequence[str]]],
    page: str,
    title: str,
    curves: Mapping[str, Sequence[tuple[int, float]]],
) -> bytes:
    """An event file's content for a sweep's root: a layout of Custom Scalars, a page under Text, and curves.

    Args:
        moment: seconds since 1970.
        charts: by category and title, regular expressions of the tags of a chart.
        page: Markdown.
        title: the page's tag.
        curves: steps, which increase, and finite values, by tag.
    """
    layout = layout_pb2.Layout(
        category=[
            layout_pb2.Category(
                title=category,
                chart=[
                    layout_pb2.Chart(title=chart, multiline=layout_pb2.MultilineChartContent(tag=list(tags)))
                    for chart, tags in of_category.items()
                ],
            )
            for category, of_category in charts.items()
        ]
    )
    values = [
        summary_pb2.Summary.Value(
            tag=custom_scalars.CONFIG_SUMMARY_TAG,
            metadata=_tensors(custom_scalars.create_summary_metadata()),
            tensor=_string(layout.SerializeToString()),
        ),
        summary_pb2.Summary.Value(
            tag=title, metadata=_tensors(text.create_summary_metadata(title, "")), tensor=_string(page.encode())
        ),
    ]
    points = (_scalars(moment, step, {tag: value}) for tag, curve in curves.items() for step, value in curve)
    return opening(moment, None) + _event(moment, 0, values) + b"".join(points)


def _scalars(moment: float, step: int, scalars: Mapping[str, float]) -> bytes:
    values = [summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
    return _event(moment, step, values) if values else b""


def _tensors(metadata: summary_pb2.SummaryMetadata) -> summary_pb2.SummaryMetadata:
    """Metadata of what both of TensorBoard's loaders are to keep as tensors."""
    metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    return metadata


def _string(content: bytes) -> tensor_pb2.TensorProto:
    """A scalar string tensor."""
    return tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, tensor_shape=tensor_shape_pb2.TensorShapeProto(), string_val=[content]
    )


def _event(moment: float, step: int, values: Sequence[summary_pb2.Summary.Value]) -> bytes:
    event = event_pb2.Event(wall_time=moment, step=step, summary=summary_pb2.Summary(value=values))
    # Maps in an order of their own would make the same content other bytes.
    return record(event.SerializeToString(deterministic=True))
