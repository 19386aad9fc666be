# One image, three commands: web (the default), worker, beat; see docker-compose.yml.

# --- Everything that is built or downloaded; only its results go into the image.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk fonts-hanazono \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements/ requirements/
RUN pip install --require-hashes -r requirements/portal.txt
# The fonts change with this script alone, the assets with the lock and the icon list.
COPY scripts/__init__.py scripts/system.py scripts/fonts.py scripts/
RUN python -m scripts.fonts
COPY package.json package-lock.json .npmrc ./
COPY scripts/vendor_assets.py scripts/
COPY static/icons/ static/icons/
# Node.js comes from a wheel and stays out of /venv, which goes into the image.
RUN python -m venv /node-venv \
    && /node-venv/bin/python -m scripts.vendor_assets
COPY . .
ARG BUILD_KEY=YnVpbGQtb25seS1rZXktYnVpbGQtb25seS1rZXktMDE=
RUN SECRET_KEY=build-only FIELD_KEYS=$BUILD_KEY FIELD_INDEX_KEY=$BUILD_KEY \
    VAR_DIR=/tmp/var python manage.py collectstatic --noinput \
    && rm -rf node_modules /tmp/var

# --- The image.
FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home portal \
    && install -d -o portal -g portal /data /static
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER portal
VOLUME ["/data"]
EXPOSE 8000
CMD ["gunicorn", "qcportal.wsgi", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "8", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", \
     "--timeout", "120", "--graceful-timeout", "30", \
     "--access-logfile", "-", \
     "--access-logformat", "%(h)s %(t)s \"%(m)s %(U)s\" %(s)s %(b)s"]
