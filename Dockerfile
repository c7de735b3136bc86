# The app on Python's slim image, with everything it needs at a fixed version and hash. It runs as nobody in particular,
# writes to /tmp only, and asks no other machine for anything.
FROM python:3.11-slim-bookworm

# Hashes hold whichever index a package comes from: torch's build for processors alone is not on the first one.
COPY deploy/requirements.lock /tmp/
RUN pip install --no-cache-dir --only-binary :all: --require-hashes \
    --extra-index-url https://download.pytorch.org/whl/cpu -r /tmp/requirements.lock

WORKDIR /app
COPY . .
RUN python -m compileall -q .

ENV HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_PORT=8501
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py"]
