"""The sub-commands of `python -m provisioning`, a module each.

A module offers `add_parser(commands)`, which sets the parser's default `run` to an async function from the parsed
arguments to an exit code. What is heavy is imported when a command runs: `--help` needs none of it, and
`function_app.py` none of this.
"""
