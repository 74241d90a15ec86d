// Writes docs/operators.md: each operator, what can be done with it, and what that was proven by.
// usage: node scripts/operators.mjs [--check]     --check fails, and writes nothing, where the page is not up to date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const jiti = createJiti(import.meta.url, { fsCache: false });
const { operatorsPage, PAGE, USES, usesNow } = await jiti.import(join(root, 'test/support/operators-page.ts'));
const uses = usesNow();
const written = [
  [USES, `${JSON.stringify(uses, null, 1)}\n`],
  [PAGE, await operatorsPage(uses)],
];
let stale = 0;
for (const [path, text] of written) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale++;
  if (process.argv.includes('--check')) console.error(`${path} is not up to date: run "node scripts/operators.mjs"`);
  else writeFileSync(path, text);
}
process.exit(process.argv.includes('--check') && stale ? 1 : 0);
