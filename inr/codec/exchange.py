"""A field's weights for other programs: safetensors, with both specs as JSON text.

Nothing is quantised here: the tensors are float32 as the field has them, under the names of
`fields.tensor_shapes`.  The metadata keys `field` and `signal` hold the specs.
"""

import json
from pathlib import Path

from inr import files
from inr.fields import Field
from inr.specs import SignalSpec


def save_tensors(path: str | Path, field: Field, signal: SignalSpec) -> None:
    """Write the field as a safetensors file; it appears whole or not at all.

    Raises:
        OSError: the folder does not exist, is read-only, or the disk is full.
    """
    from safetensors.numpy import save

    specs = {"field": json.dumps(field.spec.to_json()), "signal": json.dumps(signal.to_json())}
    files.write_bytes(path, save(field.tensors, metadata=specs))
