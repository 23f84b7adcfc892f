import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

const root = import.meta.dirname;

/** Every workspace is one project named after its folder: `npx vitest run --project saml`. */
function workspaceProjects(folder: 'libs' | 'apps'): TestProjectConfiguration[] {
  return readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'package.json')))
    .map((name) => project(name, join(root, folder, name)));
}

function project(name: string, projectRoot: string): TestProjectConfiguration {
  return {
    extends: true,
    root: projectRoot,
    test: { name, root: projectRoot, include: ['test/**/*.test.{ts,tsx}'] },
  };
}

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // One Kafka, one MongoDB and one Redis for all projects, each from the first test on that asks for it.
    globalSetup: ['libs/test-servers/src/vitest-setup.ts'],
    // One worker per core of the smallest machine that we promise to work on: servers and browsers of the
    // integration tests need the rest.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [...workspaceProjects('libs'), ...workspaceProjects('apps'), project('repository', root)],
  },
});
