"""A field's weights for other programs, and theirs for us: safetensors, never a pickle.

What is written has both specs as JSON text, in the metadata keys `field` and `signal`.  Nothing is
quantised: the tensors are float32 as the field has them, under the names of `fields.tensor_shapes`.
"""

import json
from pathlib import Path

import numpy as np

from inr import files
from inr.errors import FormatError, SpecError
from inr.fields import Field
from inr.specs import SignalSpec


def save_tensors(path: str | Path, field: Field, signal: SignalSpec) -> None:
    """Write the field as a safetensors file; it appears whole or not at all.

    Raises:
        SpecError: the field is a clip by grids, whose numbers come group by group.
        OSError: the folder does not exist, is read-only, or the disk is full.
    """
    if field.groups is not None:
        raise SpecError(f"{path}: a clip by grids cannot be written as tensors; write a .inr file")
    from safetensors.numpy import save

    specs = {"field": json.dumps(field.spec.to_json()), "signal": json.dumps(signal.to_json())}
    files.write_bytes(path, save(field.tensors, metadata=specs))


def load_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """The tensors of a safetensors file of any program, by name.

    Raises:
        FormatError: it is missing, damaged, no safetensors file, or of a type that NumPy does not have.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(Path(path).read_bytes())
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); give a .safetensors file") from error
    except SafetensorError as error:
        raise FormatError(
            f"{path}: is no safetensors file ({error}); pickled weights (.pt, .pth) are never opened: "
            "load them where you trust them, and write them with safetensors.torch.save_file"
        ) from error
    except KeyError as error:
        raise FormatError(f"{path}: holds numbers of type {error}; save them as float32") from error
