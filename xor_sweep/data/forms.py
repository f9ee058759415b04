"""How text becomes numbers, as a value that `model.json` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from xor_sweep.data.date_text import DateForm, TimeForm
from xor_sweep.data.number_text import NumberForm

Form = NumberForm | DateForm | TimeForm

FORMS: dict[str, type[Form]] = {"number": NumberForm, "date": DateForm, "time": TimeForm}


def form_to_json(form: Form) -> dict[str, str]:
    """A form as JSON's own types."""
    kind = next(name for name, each in FORMS.items() if isinstance(form, each))
    return {"kind": kind, **asdict(form)}


def form_from_json(value: Mapping[str, Any]) -> Form:
    """What `form_to_json` wrote."""
    return FORMS[value["kind"]](**{key: item for key, item in value.items() if key != "kind"})
