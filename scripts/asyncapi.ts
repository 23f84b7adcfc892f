/**
 * `npm run asyncapi`: writes docs/reference/asyncapi.json, the document for consumers of our events, from the contracts.
 * The file is committed; test/asyncapi.test.ts says when it is out of date.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncapiDocument } from './asyncapi-document.ts';

const root = dirname(import.meta.dirname);
const file = join(root, 'docs/reference/asyncapi.json');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const { status, stdout, stderr } = spawnSync(
  join(root, 'node_modules/.bin/biome'),
  ['format', `--stdin-file-path=${file}`],
  { cwd: root, input: JSON.stringify(asyncapiDocument(version)), encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
);
if (status !== 0) throw new Error(`the document could not be formatted: ${stderr}`);
writeFileSync(file, stdout);
