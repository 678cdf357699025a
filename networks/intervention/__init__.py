"""What is done to chosen neurons of a network while it reads, from a step on.

>>> from networks.intervention import parse
>>> print(*parse(["silence:conv3:maps=3,7:from=20", "clamp:output:neurons=0-9:value=0"]))
silence:conv3:maps=3,7:from=20 clamp:output:neurons=0-9:value=0

:mod:`networks.intervention.model` says what an intervention is, and
:mod:`networks.neurons.intervened` how neurons carry it.
"""

from networks.intervention.applying import intervene, untouched
from networks.intervention.model import KINDS, Intervention
from networks.intervention.parsing import parse

__all__ = ["KINDS", "Intervention", "intervene", "parse", "untouched"]
