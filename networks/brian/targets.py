"""The one place where Brian 2 is taught templates of ours.

Brian 2 looks templates up in the ``templater`` of the code object class of a target. A subclass
whose templater searches our folder first, and Brian 2's own after it, is handed to our objects
alone (``CodeRunner.codeobj_class``), so nothing changes for any other object of the process.
"""

from __future__ import annotations

from functools import cache

from brian2.codegen.codeobject import CodeObject
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device
from brian2.groups.group import CodeRunner

_FOLDERS = {
    NumpyCodeObject: "numpy",
    CythonCodeObject: "cython",
    CPPStandaloneCodeObject: "cpp_standalone",
}


@cache
def with_templates(target: type[CodeObject]) -> type[CodeObject]:
    """Return a target's code object class that knows our templates, too.

    Parameters
    ----------
    target : type
        Code object class of a target of Brian 2.

    Returns
    -------
    type
        A subclass of it.

    Raises
    ------
    NotImplementedError
        If there are no templates for this target.
    """
    if target not in _FOLDERS:
        raise NotImplementedError(
            f"shared weights run on the targets numpy, cython and cpp_standalone, not on "
            f"{target.__name__}; use brian2.Synapses there"
        )
    package = "networks.brian"
    templater = target.templater.derive(
        (package, package), templates_dir=(f"templates/{_FOLDERS[target]}", "templates/common")
    )
    return type(f"{target.__name__}WithTemplates", (target,), {"templater": templater})


class TemplateRunner(CodeRunner):
    """A code runner whose template is one of ours."""

    def before_run(self, run_namespace):
        """Choose the target now, since the device may have been set after the object was made."""
        self.codeobj_class = with_templates(get_device().code_object_class())
        super().before_run(run_namespace)
