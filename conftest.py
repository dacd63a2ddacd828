"""For all tests: what CI tries is the same in each run, so that its answer is about the change and not about luck.

Elsewhere hypothesis goes on looking for new examples. Nowhere is an example a failure because the machine was busy.
"""

import os

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "patient")
