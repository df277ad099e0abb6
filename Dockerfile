# The command line in a container: docker build -t customer-lifecycle . ;
#     docker run --rm -v "$PWD/data:/data:ro" -v lifecycle:/state customer-lifecycle build --raw-dir /data
# Nothing listens: no port is exposed. Dagster's UI has no login and stays on loopback, the host's:
#     docker run --rm --network host -v lifecycle:/state --entrypoint python customer-lifecycle \
#         -m orchestration.dagster_home.dev

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/lifecycle \
    && /opt/lifecycle/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
# hatchling is what the dev lock pins.
RUN python -m venv /opt/hatch && /opt/hatch/bin/pip install --no-cache-dir hatchling==1.33.0
COPY pyproject.toml README.md LICENSE dagster.yaml ./
COPY seeds ./seeds
COPY tests/data ./tests/data
COPY dbt_project ./dbt_project
COPY orchestration ./orchestration
RUN /opt/hatch/bin/python -m hatchling build -t wheel -d /wheel \
    && /opt/lifecycle/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --create-home lifecycle && install -d -o lifecycle -g lifecycle /state
COPY --from=build /opt/lifecycle /opt/lifecycle
ENV PATH=/opt/lifecycle/bin:$PATH \
    LIFECYCLE_STATE_DIR=/state \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /state
VOLUME ["/state"]
ENTRYPOINT ["lifecycle"]
CMD ["--help"]
