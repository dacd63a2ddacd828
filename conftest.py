"""For all tests: what CI tries is the same in each run, so that its answer is about the change and not about luck.

Elsewhere hypothesis goes on looking for new examples.
"""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
