"""A stand-in for the Azure Functions host: runs any `function_app.py` under the host's own rules.

Routing, keys, queue polling, timers and output bindings follow the host's source and documentation; decoding, encoding
and signature checks are the ones of the `azure-functions` package, so a function sees here what it sees in Azure.
What it does not have: process isolation, extension bundles, durable functions, and triggers other than HTTP, queue and
timer. `python -m local up --host func` runs the real host where it is installed.
"""
