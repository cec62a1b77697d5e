# One image, one process, one volume.
#   docker build -t tern .
#   docker run --rm -v tern-data:/data tern init            once: makes the tables, prints the first invitation
#   docker run -d -v tern-data:/data -p 127.0.0.1:8470:8470 --name tern tern
FROM node:22-slim AS wheel
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv make
WORKDIR /src
COPY . .
RUN make wheel

FROM python:3.13-slim
COPY requirements.lock /tmp/
COPY --from=wheel /src/build/wheel/*.whl /tmp/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock \
    && /venv/bin/pip install --no-cache-dir --no-deps /tmp/*.whl \
    && rm /tmp/requirements.lock /tmp/*.whl \
    && useradd --system --home /data --create-home tern
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 TERN_DATA_DIR=/data TERN_READINESS_PORT=8471
USER tern
WORKDIR /data
VOLUME /data
EXPOSE 8470
# Whether it lives: an orchestrator that begins it anew mends nothing where its database or its disk is away. That is
# `/ready` at the same port, for a proxy that would send reports elsewhere and for whoever watches.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8471/live', timeout=5)"]
ENTRYPOINT ["tern"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8470"]
