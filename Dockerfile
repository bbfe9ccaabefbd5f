# One image for Odoo's nodes and for the operator's commands. The servers are others' (docker-compose.yml).
FROM python:3.11-slim-bookworm

ENV CHATWOOTAI_EXTERNAL=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPYCACHEPREFIX=/opt/chatwootai/.local/pycache \
    HOME=/opt/chatwootai/.local/home \
    PATH=/opt/chatwootai/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    ODOO_RC=/opt/chatwootai/odoo.conf \
    ODOO_DATA_DIR=/opt/chatwootai/.local/data \
    MALLOC_ARENA_MAX=2 \
    CREWAI_DISABLE_TELEMETRY=true \
    CREWAI_TRACING_ENABLED=false \
    CREWAI_DISABLE_VERSION_CHECK=true \
    OTEL_SDK_DISABLED=true

WORKDIR /opt/chatwootai

# The programs first: this layer changes only with the locks and with how they are installed.
COPY requirements.txt requirements-odoo.txt ./
COPY bin bin
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client debian-archive-keyring \
    && bin/setup --programs \
    && rm -rf /var/lib/apt/lists/* ~/.cache

COPY odoo.conf ./
COPY addons addons
COPY demo demo

RUN useradd --system --uid 10001 --home-dir /opt/chatwootai/.local/home odoo \
    && mkdir -p .local/data .local/template .local/etc .local/run .local/log .local/home .local/pycache \
    && chown -R odoo: .local/data .local/template .local/etc .local/run .local/log .local/home .local/pycache .local/stamps \
    && chown odoo: .local
USER odoo

EXPOSE 8069 8072
CMD ["python", "bin/odoo"]
