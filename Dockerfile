# The page and the mail template are built with all tools, and only what runs is kept. The service itself needs no
# build: Node runs its TypeScript.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts/build-mail.ts scripts/
COPY bin bin
COPY src src
COPY web web
RUN npm run build

# The optional packages are Node itself, for machines that lack it; this image has it.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json catalogue.json ./
COPY bin bin
COPY schemas schemas
COPY src src
# Without Redpanda and MongoDB all data is here; with them only the key that the API makes for itself.
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 3000
# Node is the first process of the container, so the signal reaches it, and it finishes what is in progress.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "--eval", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/orderloom.mjs"]
CMD ["start"]
