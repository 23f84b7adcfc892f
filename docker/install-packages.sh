#!/bin/sh
# Installs what the lockfile names for the manifests in the working directory, writes down what that is, and takes away
# what only compilers and debuggers read. Nothing that a package brings is run meanwhile.
set -eu
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm sbom --sbom-format=cyclonedx --sbom-type=application --loglevel=error >sbom.cdx.json
find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
rm -rf node_modules/@types package-lock.json .npmrc
