# The demo and the stack in a container: no Azure, no Entra, nothing to install but Docker.
# docker compose run --rm demo      the whole story
# docker compose up stack           the stack, for a browser on http://127.0.0.1:7071
FROM python:3.13-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home demo

WORKDIR /app
RUN chown demo:demo .
USER demo

# Packages first: they change less often than the code.
COPY --chown=demo:demo requirements.txt requirements-dev.txt pyproject.toml Makefile README.md ./
COPY --chown=demo:demo provisioning/__init__.py provisioning/__init__.py
COPY --chown=demo:demo landing/__init__.py landing/__init__.py
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --no-compile -r requirements-dev.txt -e . && touch .venv/.installed

COPY --chown=demo:demo . .
RUN touch .venv/.installed && .venv/bin/python -m local install

CMD ["make", "demo"]
