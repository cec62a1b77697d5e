# One image, one process, one volume. Build: docker build -t tern .   Run: docker run -v tern-data:/data -p 8470:8470 tern
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM node:22-slim AS pages
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
WORKDIR /src
COPY requirements.lock ./
RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY app ./app
RUN cd app/web && npm ci --ignore-scripts --no-audit --no-fund && cd /src && /venv/bin/python -m app.site.build

FROM python:3.13-slim
RUN useradd --system --home /data --create-home tern
WORKDIR /srv/tern
COPY --from=build /venv /venv
COPY app ./app
COPY --from=pages /src/app/site/built ./app/site/built
COPY migrations ./migrations
COPY alembic.ini ./
ENV PATH=/venv/bin:$PATH PYTHONPATH=/srv/tern PYTHONDONTWRITEBYTECODE=1 TERN_DATA_DIR=/data
USER tern
VOLUME /data
EXPOSE 8470
ENTRYPOINT ["python", "-m", "app.cli.main"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8470"]
