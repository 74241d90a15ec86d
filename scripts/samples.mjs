// Writes reports/samples/*.json from test/support/samples.ts: the gallery that every format is tried on.
// usage: node scripts/samples.mjs [--check]     --check fails, and writes nothing, where a sample is not up to date
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from './typescript.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { samples } = await importTypeScript(join(root, 'test/support/samples.ts'));
const { json } = await importTypeScript(join(root, 'reports/json.ts'));
const folder = join(root, 'reports/samples');
const check = process.argv.includes('--check');
let stale = 0;
mkdirSync(folder, { recursive: true });
for (const [name, make] of Object.entries(samples)) {
  const path = join(folder, `${name}.json`);
  const text = json.render(make());
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale++;
  if (check) console.error(`reports/samples/${name}.json is not up to date: run "node scripts/samples.mjs"`);
  else writeFileSync(path, text);
}
process.exit(check && stale ? 1 : 0);
