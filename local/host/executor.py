"""Runs one function: decodes the trigger, calls the function, encodes what it returns and its outputs.

This is the seam to the worker: everything above it speaks in the package's `Datum`, as the real host does over gRPC.
"""

import asyncio
import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import azure.functions as func
from azure.functions import meta

from local.host.indexing import Binding, FunctionEntry, converter_of
from local.host.logs import HOST_LOGGER, Invocation, brief, current_invocation

log = logging.getLogger(HOST_LOGGER)


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended. `returned` and `outputs` are empty when there is an `error`."""

    invocation_id: str
    returned: meta.Datum | None = None
    outputs: tuple[tuple[Binding, meta.Datum], ...] = ()
    error: Exception | None = None


class InvocationContext(func.Context):
    """What a function receives as `context`."""

    def __init__(self, *, function: FunctionEntry, invocation_id: str, storage: threading.local) -> None:
        self.function = function
        self.ident = invocation_id
        self.storage = storage

    @property
    def invocation_id(self) -> str:
        return self.ident

    @property
    def thread_local_storage(self) -> Any:
        return self.storage

    @property
    def function_name(self) -> str:
        return self.function.name

    @property
    def function_directory(self) -> str:
        return self.function.directory

    @property
    def trace_context(self) -> Any:
        return None

    @property
    def retry_context(self) -> Any:
        return None


class OutValue(func.Out[Any]):
    """An output parameter."""

    def __init__(self) -> None:
        self.value: Any = None

    def set(self, val: Any) -> None:
        self.value = val

    def get(self) -> Any:
        return self.value


class Executor:
    """Runs functions: async ones on the loop, all at once; sync ones on min(32, cores + 4) threads, like the worker."""

    def __init__(self, *, timeout: float, new_id: Callable[[], str]) -> None:
        self.timeout = timeout
        self.new_id = new_id
        self.storage = threading.local()
        self.threads = ThreadPoolExecutor(min(32, (os.cpu_count() or 1) + 4), thread_name_prefix="function")

    def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def run(
        self, function: FunctionEntry, value: meta.Datum, *, metadata: Mapping[str, meta.Datum] | None = None
    ) -> Outcome:
        """Run `function` once with `value` for its trigger. Whatever it raises is in the outcome, and in the log."""
        invocation_id = self.new_id()
        started = time.perf_counter()
        try:
            outcome = await self.invoke(function, value, metadata=metadata or {}, invocation_id=invocation_id)
        except Exception as error:  # noqa: BLE001 - whatever a function raises is its outcome, not the host's failure
            outcome = Outcome(invocation_id, error=error)
        self.report(function, outcome, milliseconds=(time.perf_counter() - started) * 1000)
        return outcome

    def report(self, function: FunctionEntry, outcome: Outcome, *, milliseconds: float) -> None:
        token = current_invocation.set(Invocation(function.name, outcome.invocation_id))
        if outcome.error is None:
            log.info("Executed (Succeeded, %.0f ms)", milliseconds)
        else:
            log.error("Executed (Failed, %.0f ms): %s", milliseconds, brief(outcome.error))
        current_invocation.reset(token)

    async def invoke(
        self, function: FunctionEntry, value: meta.Datum, *, metadata: Mapping[str, meta.Datum], invocation_id: str
    ) -> Outcome:
        arguments: dict[str, Any] = {function.trigger.parameter: decode(function.trigger, value, metadata)}
        outs = [(binding, OutValue()) for binding in function.outputs]
        arguments |= {binding.parameter: out for binding, out in outs}
        if function.wants_context:
            arguments["context"] = InvocationContext(
                function=function, invocation_id=invocation_id, storage=self.storage
            )
        result = await self.call(function, arguments, invocation_id=invocation_id)
        if result is not None and function.returns is None:
            raise RuntimeError(
                f"function {function.name!r} without a $return binding returned a value; remove the return"
            )
        outputs = tuple((binding, encode(binding, out.value)) for binding, out in outs if out.value is not None)
        returned = encode(function.returns, result) if function.returns else None
        if function.returns and returned and function.returns.kind == "queue" and result is not None:
            outputs = (*outputs, (function.returns, returned))
        return Outcome(invocation_id, returned=returned, outputs=outputs)

    async def call(self, function: FunctionEntry, arguments: dict[str, Any], *, invocation_id: str) -> Any:
        timeout = self.timeout if self.timeout != float("inf") else None
        async with asyncio.timeout(timeout):
            if function.is_async:
                token = current_invocation.set(Invocation(function.name, invocation_id))
                try:
                    return await function.call(**arguments)
                finally:
                    current_invocation.reset(token)
            context = contextvars.copy_context()

            def in_thread() -> Any:
                current_invocation.set(Invocation(function.name, invocation_id))
                self.storage.invocation_id = invocation_id
                return function.call(**arguments)

            return await asyncio.get_running_loop().run_in_executor(self.threads, context.run, in_thread)


def decode(binding: Binding, value: meta.Datum, metadata: Mapping[str, meta.Datum]) -> Any:
    """The trigger's value as the function wants it."""
    if binding.converter == "generic":
        return value.value
    converter = converter_of(binding.converter)
    return converter.decode(value, trigger_metadata=metadata)


def encode(binding: Binding, value: Any) -> meta.Datum:
    """A function's result for the host; TypeError when the binding has no form for its type."""
    if binding.converter == "generic":
        return encode_plain(binding, value)
    converter = converter_of(binding.converter)
    try:
        datum: meta.Datum = converter.encode(value, expected_type=binding.annotation)
    except NotImplementedError:
        raise TypeError(
            f"the {binding.kind} output {binding.parameter!r} cannot take a value of type {type(value).__name__}"
        ) from None
    return datum


def encode_plain(binding: Binding, value: Any) -> meta.Datum:
    kinds: tuple[tuple[type, str], ...] = (
        (str, "string"),
        (bytes, "bytes"),
        (list, "list"),
        (dict, "dict"),
        (int, "int"),
    )
    for python_type, kind in kinds:
        if isinstance(value, python_type):
            return meta.Datum(value, kind)
    raise TypeError(f"the output {binding.parameter!r} cannot take a value of type {type(value).__name__}")
