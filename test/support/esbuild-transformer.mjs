import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { transformSync, version } from 'esbuild';

const self = readFileSync(new URL(import.meta.url));

/** Strips types with esbuild: no type check (tsc does that), right stack lines, source maps for coverage. */
export default {
  process: (source, path) =>
    transformSync(source, { loader: 'ts', format: 'esm', target: 'node20', sourcefile: path, sourcemap: 'inline' }),
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256').update(self).update(version).update(configString).update(path).update(source).digest('hex'),
};
