# Vigie in one image: the bundle that `npm run bundle` makes, and the tools that prove backups.
# The bundle brings its own Node; the one of this stage only makes it.
FROM node:22-bookworm-slim AS build
WORKDIR /vigie
COPY . .
RUN node scripts/vigie.cjs bundle --unpacked /bundle

FROM debian:bookworm-slim
# pg_restore and sqlite3 prove dumps; util-linux has prlimit; tini reaps them.
RUN apt-get update \
  && apt-get install -y --no-install-recommends postgresql-client sqlite3 xz-utils bzip2 lz4 unzip 7zip util-linux tini \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
# Nobody else's number: the rsync users of the host join its group (docs/docker.md).
RUN groupadd --gid 10001 vigie && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin vigie \
  && install -d -o vigie -g vigie -m 2770 /mnt
COPY --from=build /bundle /vigie
USER vigie
ENV VIGIE_HOST=0.0.0.0 \
  VIGIE_LOCAL_AGENT=off \
  VIGIE_DATA_DIR=/mnt/vigie \
  AGENT_DEPOSITS_PATH=/mnt/agent_deposits \
  VALIDATED_BACKUPS_PATH=/mnt/validated_backups \
  QUARANTINE_PATH=/mnt/quarantine
EXPOSE 8088
# One volume, mounted once: between two mounts of one file system link(2) fails (EXDEV), and every file would be copied.
VOLUME /mnt
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/vigie/bin/node", "-e", "fetch('http://127.0.0.1:8088/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "/vigie/vigie"]
