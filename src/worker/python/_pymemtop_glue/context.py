"""What a handler gets beside its data: the context of its invocation, and the places for outputs."""

import os

import azure.functions

from . import logs


class TraceContext:
    """The W3C trace context; the names in capitals are older than the others."""

    def __init__(self, parent, state, attributes):
        self.trace_parent = self.Traceparent = parent
        self.trace_state = self.Tracestate = state
        self.attributes = self.Attributes = attributes


class RpcException:
    """Why the attempt before this one failed."""

    def __init__(self, message, stack_trace):
        self.source = "python"
        self.message = message
        self.stack_trace = stack_trace


class RetryContext:
    def __init__(self, retry_count, max_retry_count, exception):
        self.retry_count = retry_count
        self.max_retry_count = max_retry_count
        self.exception = self.rpc_exception = exception


def make_trace(headers):
    """Of the request, or a new one, as the Functions host begins one."""
    parent = headers.get("traceparent") or "00-{}-{}-00".format(
        os.urandom(16).hex(), os.urandom(8).hex())
    return TraceContext(parent, headers.get("tracestate", ""), {})


def make_retry(retry):
    exception = None
    if retry.get("message") is not None:
        exception = RpcException(retry["message"], retry.get("stack", ""))
    return RetryContext(retry.get("count", 0), retry.get("max", 0), exception)


class Context(azure.functions.Context):
    def __init__(self, function, message, headers):
        self._function = function
        self._id = message["id"]
        self._trace_context = make_trace(headers)
        self._retry_context = make_retry(message.get("retry") or {})

    @property
    def invocation_id(self):
        return self._id

    @property
    def function_name(self):
        return self._function.name

    @property
    def function_directory(self):
        return self._function.directory

    @property
    def thread_local_storage(self):
        return logs.thread_local

    @property
    def trace_context(self):
        return self._trace_context

    @property
    def retry_context(self):
        return self._retry_context


class Out(azure.functions.Out):
    """An output binding's parameter."""

    def __init__(self):
        self._value = None

    def set(self, val):
        self._value = val

    def get(self):
        return self._value
