// Writes the lists of what lies in plug-in folders (one thing a file), so that adding a file is all that adding a thing takes.
// usage: node scripts/generate.mjs [--check]     --check fails, and writes nothing, where a list is not up to date
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Folder → the exported name that each file of it has to offer is its only export constant whose name is the file's in camelCase. */
const FOLDERS = [
  { folder: 'harness/oracle/ops', type: 'Operator', from: '../../types/oracle.ts', list: 'operators' },
  { folder: 'adapters/onnx/gradients', type: 'GradientRule | NoGradient', from: '../rule.ts', list: 'gradientRules' },
  { folder: 'adapters/onnx/lift', type: 'Lift', from: '../lifting.ts', list: 'lifts' },
  { folder: 'models/mutants', type: 'Mutant', from: './_mutant.ts', list: 'mutants' },
  { folder: 'harness/rules', type: 'Rule', from: '../types/rule.ts', list: 'rules' },
  { folder: 'reports', type: 'Format', from: './format.ts', list: 'formats' },
];

/** The constants that a file exports for the list: every `export const NAME: TYPE` or `TYPE[]`. */
function exportsOf(path, type) {
  const names = [];
  const kinds = type.split('|').map((t) => t.trim());
  for (const match of readFileSync(path, 'utf8').matchAll(/^export const (\w+): (?:readonly )?(\w+)(\[\])?/gm)) {
    if (kinds.includes(match[2])) names.push({ name: match[1], many: match[3] !== undefined });
  }
  return names;
}

function listFor({ folder, type, from, list }) {
  const path = join(root, folder);
  const files = readdirSync(path)
    .filter((f) => f.endsWith('.ts') && !f.startsWith('_'))
    .sort();
  const found = files
    .map((file) => ({ file, exports: exportsOf(join(path, file), type) }))
    .filter((f) => f.exports.length);
  const imports = found.map(
    ({ file, exports }) => `import { ${exports.map((e) => e.name).join(', ')} } from './${file}';`,
  );
  const kinds = type.split('|').map((t) => t.trim());
  const entries = found.flatMap((f) => f.exports.map((e) => (e.many ? `  ...${e.name},` : `  ${e.name},`)));
  return [
    '// Written by scripts/generate.mjs: do not edit.',
    `import type { ${kinds.join(', ')} } from '${from}';`,
    ...imports,
    '',
    `export const ${list}: readonly (${type})[] = [`,
    ...entries,
    '];',
    '',
  ].join('\n');
}

const check = process.argv.includes('--check');
let stale = 0;
for (const spec of FOLDERS) {
  if (!existsSync(join(root, spec.folder))) continue;
  const target = join(root, spec.folder, '_list.ts');
  const text = listFor(spec);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
  if (check) {
    console.error(`${spec.folder}/_list.ts is not up to date: run "npm run generate"`);
    stale++;
  } else {
    writeFileSync(target, text);
    console.log(`wrote ${basename(spec.folder)}/_list.ts`);
  }
}
process.exit(stale ? 1 : 0);
