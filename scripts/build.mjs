// Builds dist/: lists, then tsc, then what is not TypeScript.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['scripts/generate.mjs'], { stdio: 'inherit' });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
const FILES = [
  'adapters/onnx/schema.json',
  'adapters/onnxruntime/runner.mjs',
  'adapters/onnxruntime/runtime.mjs',
  'adapters/onnxruntime/runtime.d.mts',
  'reports/report.schema.json',
];
for (const file of FILES) {
  if (existsSync(file)) cpSync(file, join('dist', file));
}
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755);
