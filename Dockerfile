# The same image for every role; docker-compose.yml says which process each container runs.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt requirements-install.txt ./
RUN python -m venv /app/.venv \
    && /app/.venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin deskbell \
    && mkdir -p /app /data && chown deskbell /data
WORKDIR /app
COPY --from=build /app/.venv /app/.venv
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 OPENBLAS_NUM_THREADS=1 DATA_DIR=/data HOST=0.0.0.0
# Collected at build time, so that a container needs to write nothing before it serves.
RUN STATIC_ROOT=/app/static DATA_DIR=/tmp/build python manage.py collectstatic --noinput \
    && rm -rf /tmp/build
ENV STATIC_ROOT=/app/static
USER deskbell
EXPOSE 8000
CMD ["python", "-m", "core.serve"]
