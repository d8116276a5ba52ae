"""The tests.

A package, not merely a folder: torch-fidelity installs a package named "tests" of its own, and a new process (a worker
of a run, say) that is told to import something from here would find that one.
"""
