"""Requests to servers of this machine: patient beside busy cores; one TLS context, since one takes 25 ms to make."""

import ssl
from functools import partial

import httpx

SECONDS = 60.0  # httpx waits five
TLS = ssl.create_default_context()

get = partial(httpx.get, timeout=SECONDS, verify=TLS, trust_env=False)
post = partial(httpx.post, timeout=SECONDS, verify=TLS, trust_env=False)
put = partial(httpx.put, timeout=SECONDS, verify=TLS, trust_env=False)
patch = partial(httpx.patch, timeout=SECONDS, verify=TLS, trust_env=False)
request = partial(httpx.request, timeout=SECONDS, verify=TLS, trust_env=False)
client = partial(httpx.Client, timeout=SECONDS, verify=TLS, trust_env=False)
async_client = partial(httpx.AsyncClient, timeout=SECONDS, verify=TLS, trust_env=False)
