# A mock in a container: docker build -t mockserver . && docker run -p 8080:8080 -e MOCKSERVER_ADMIN_TOKEN=… mockserver
# Documents of your own: -v ./specs:/mock/specs:ro (likewise fixtures/, handlers/, mockserver.toml).

FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY specs specs
COPY fixtures fixtures
RUN python -m venv /opt/mockserver \
 && /opt/mockserver/bin/python -m pip install --no-cache-dir --disable-pip-version-check ".[redis,tls]" \
 && /opt/mockserver/bin/python -m compileall -q /opt/mockserver/lib

FROM python:3.12-slim
RUN useradd --system --no-create-home --uid 10001 mock && mkdir /mock && chown mock /mock
COPY --from=build /opt/mockserver /opt/mockserver
ENV PATH=/opt/mockserver/bin:$PATH PYTHONDONTWRITEBYTECODE=1 MOCKSERVER_HOST=0.0.0.0 MOCKSERVER_PORT=8080
WORKDIR /mock
USER mock
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["python", "-c", \
  "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['MOCKSERVER_PORT']), timeout=2); c.request('GET', '/__admin/health'); raise SystemExit(c.getresponse().status >= 500)"]
ENTRYPOINT ["mockserver"]
CMD ["serve"]
