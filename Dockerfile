# One image per app: `docker build --target auth-gateway -t gatehouse/auth-gateway:0.1.0 .`
#
# An image holds Node, the C libraries that Node links to, the app's sources and the packages it needs in production.
# There is no shell, no package manager and nothing else of a distribution in it. Every builder will do, BuildKit or not;
# the classic one builds the stages of the other images too.

# Sources and manifests, sorted by app.
FROM node:24-bookworm-slim AS sources
WORKDIR /src
COPY . .
RUN set -eu; \
  for app in connector-registry user-directory auth-gateway standalone practice-idp; do \
    folders=$(node docker/production-manifests.mjs "$app" "/made/$app/manifests"); \
    for folder in $folders; do \
      mkdir -p "/made/$app/sources/$folder"; \
      cp -r "$folder/src" "/made/$app/sources/$folder/"; \
    done; \
  done; \
  node docker/production-manifests.mjs console /made/console/manifests --with-build-tools

# The administrators' web app.
FROM node:24-bookworm-slim AS console
WORKDIR /app
COPY --from=sources /made/console/manifests ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.base.json ./
COPY libs/contracts libs/contracts
COPY apps/console apps/console
RUN cd apps/console && npx vite build

# The packages of each app. A change of sources alone leaves these stages in the cache.
FROM node:24-bookworm-slim AS installer
COPY docker/install-packages.sh /usr/local/bin/install-packages
WORKDIR /app

FROM installer AS connector-registry-packages
COPY --from=sources /made/connector-registry/manifests ./
RUN sh /usr/local/bin/install-packages

FROM installer AS user-directory-packages
COPY --from=sources /made/user-directory/manifests ./
RUN sh /usr/local/bin/install-packages

FROM installer AS auth-gateway-packages
COPY --from=sources /made/auth-gateway/manifests ./
RUN sh /usr/local/bin/install-packages

FROM installer AS standalone-packages
COPY --from=sources /made/standalone/manifests ./
RUN sh /usr/local/bin/install-packages

FROM installer AS practice-idp-packages
COPY --from=sources /made/practice-idp/manifests ./
RUN sh /usr/local/bin/install-packages

# The root file system that all images share: Node, what it links to, one user, and the folders that are written to.
FROM node:24-bookworm-slim AS root
RUN set -eu; \
  mkdir -p /empty /root-fs/etc /root-fs/tmp /root-fs/usr/local/bin; \
  cp /usr/local/bin/node /root-fs/usr/local/bin/; \
  for library in $(ldd /usr/local/bin/node | grep -o '/[^ )]*'); do \
    mkdir -p "/root-fs$(dirname "$library")"; \
    cp -L "$library" "/root-fs$library"; \
  done; \
  printf 'root:x:0:0:root:/:/nonexistent\ngatehouse:x:1000:1000:gatehouse:/var/lib/gatehouse:/nonexistent\n' >/root-fs/etc/passwd; \
  printf 'root:x:0:\ngatehouse:x:1000:\n' >/root-fs/etc/group; \
  printf 'hosts: files dns\n' >/root-fs/etc/nsswitch.conf; \
  chmod 1777 /root-fs/tmp

FROM scratch AS base
ARG VERSION=0.1.0
ARG REVISION=unknown
COPY --from=root /root-fs /
COPY --from=root --chown=1000:1000 /empty /var/lib/gatehouse
COPY docker/healthy.mjs LICENSE /app/
WORKDIR /app
USER 1000:1000
ENV PATH=/usr/local/bin \
    NODE_ENV=production \
    GATEHOUSE_HOST=0.0.0.0 \
    GATEHOUSE_DATA_DIR=/var/lib/gatehouse/data
LABEL org.opencontainers.image.vendor="Gatehouse" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "healthy.mjs"]

FROM base AS connector-registry
LABEL org.opencontainers.image.title="gatehouse connector-registry" \
      org.opencontainers.image.description="Owns the SSO connectors, their versions and certificates"
COPY --from=connector-registry-packages /app ./
COPY --from=sources /made/connector-registry/sources ./
EXPOSE 3000
CMD ["node", "apps/connector-registry/src/main.ts"]

FROM base AS user-directory
LABEL org.opencontainers.image.title="gatehouse user-directory" \
      org.opencontainers.image.description="Owns the users and their links to connectors"
COPY --from=user-directory-packages /app ./
COPY --from=sources /made/user-directory/sources ./
EXPOSE 3000
CMD ["node", "apps/user-directory/src/main.ts"]

FROM base AS auth-gateway
LABEL org.opencontainers.image.title="gatehouse auth-gateway" \
      org.opencontainers.image.description="Faces the browsers: logins, sessions, administration, the console"
COPY --from=auth-gateway-packages /app ./
COPY --from=sources /made/auth-gateway/sources ./
COPY --from=console /app/apps/console/dist apps/console/dist
VOLUME /var/lib/gatehouse
EXPOSE 3000 3001
CMD ["node", "apps/auth-gateway/src/main.ts"]

# The commands of operators: topics, indexes, dead-letters, events, admin, keys.
FROM base AS tools
LABEL org.opencontainers.image.title="gatehouse tools" \
      org.opencontainers.image.description="Commands for operators: topics, indexes, dead letters, events, administrators"
COPY --from=standalone-packages /app ./
COPY --from=sources /made/standalone/sources ./
COPY docker/make-secrets.mjs ./
COPY --from=root --chown=1000:1000 /empty /secrets/keys
COPY --from=root --chown=1000:1000 /empty /secrets/access
HEALTHCHECK NONE
CMD ["node", "apps/standalone/src/commands/topics.ts", "check"]

# The embedded product: the three services in one process, everything in the data folder.
FROM base AS standalone
LABEL org.opencontainers.image.title="gatehouse standalone" \
      org.opencontainers.image.description="The three services in one process on embedded stores"
COPY --from=standalone-packages /app ./
COPY --from=sources /made/standalone/sources ./
COPY --from=console /app/apps/console/dist apps/console/dist
VOLUME /var/lib/gatehouse
EXPOSE 3000 3001
CMD ["node", "apps/standalone/src/main.ts", "--no-demo"]

# For demonstrations and tests: signs anybody in without a password.
FROM base AS practice-idp
LABEL org.opencontainers.image.title="gatehouse practice-idp" \
      org.opencontainers.image.description="A practice identity provider for demonstrations; asks for no password, never deploy it"
COPY --from=practice-idp-packages /app ./
COPY --from=sources /made/practice-idp/sources ./
ENV PRACTICE_IDP_HOST=0.0.0.0 \
    PRACTICE_IDP_PORT=4000 \
    PRACTICE_IDP_DATA_DIR=/var/lib/gatehouse/data \
    HEALTH_PATH=/saml/metadata
VOLUME /var/lib/gatehouse
EXPOSE 4000
CMD ["node", "apps/practice-idp/src/main.ts"]
