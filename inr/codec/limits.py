"""What a `.inr` file may ask for: every limit that is checked before memory is taken.

FORMAT.md, section 9, lists the same numbers.  Width and hidden layers (4096 and 64) are
limits of `FieldSpec` itself.
"""

PIXELS = 1 << 28  # of one picture or frame
SAMPLES = 1 << 33  # pixels, audio frames or voxels of the whole signal
CHANNELS = 256  # of audio
PICTURE_CHANNELS = 4  # of pictures and video
TILES = 1 << 20
PARAMS = 1 << 28
ZEROS = 1 << 24  # values in zero tensors together: they cost no bytes, so the params limit alone is too wide
INTEGER = 1 << 22  # |q|: far inside the 2^24 up to which q · 2^-k is exact in float32
EXPONENTS = (-8, 24)  # k: steps from 2^8 down to 2^-24
GRID_VALUES = 1 << 26  # values of all grids of a field
GROUP_FRAMES = 64  # of one group of a clip
ANCILLARY = 1 << 24  # bytes of a section between header and weights, before and after inflating
TIMED_FRAMES = 1 << 20  # frames of a video that stores a time for each
BASES = 12  # basis functions of one activation: 12 digits of 5 bits fill a varint
