import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Folder → what its files may import, besides their own folder: folders of ours, `node:` modules, packages. */
const MAY_IMPORT: Record<string, { ours: readonly string[]; node: boolean; packages: readonly string[] }> = {
  'harness/types': { ours: [], node: false, packages: [] },
  'harness/numerics': { ours: ['harness/types'], node: false, packages: [] },
  'harness/oracle': { ours: ['harness/types', 'harness/numerics', 'harness/'], node: false, packages: [] },
  'harness/metrics': { ours: ['harness/types', 'harness/numerics', 'harness/'], node: false, packages: [] },
  'harness/tolerances': { ours: ['harness/types', 'harness/metrics', 'harness/'], node: false, packages: [] },
  'harness/aligners': {
    ours: ['harness/types', 'harness/metrics', 'harness/numerics', 'harness/'],
    node: false,
    packages: ['diff'],
  },
  'harness/rules': {
    ours: ['harness/types', 'harness/oracle', 'harness/metrics', 'harness/numerics', 'harness/'],
    node: false,
    packages: [],
  },
  harness: { ours: ['harness'], node: false, packages: ['diff'] },
  'adapters/onnx': { ours: ['harness'], node: true, packages: ['protobufjs'] },
  // Types only: the package itself is found at run time, in load.ts.
  'adapters/tfjs': {
    ours: ['harness', 'adapters'],
    node: true,
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@tensorflow/tfjs-converter'],
  },
  adapters: { ours: ['harness', 'adapters'], node: true, packages: ['onnxruntime-node', 'onnxruntime-common'] },
  reports: { ours: ['harness/types', 'harness/errors.ts', 'reports'], node: true, packages: [] },
  matchers: {
    ours: ['harness', 'adapters', 'reports', 'matchers'],
    node: true,
    packages: ['jest-environment-node', 'expect', 'vitest', '@jest/globals'],
  },
  'models/layers': { ours: [], node: false, packages: [] },
  'models/nets': { ours: ['models/layers'], node: false, packages: [] },
};

/** Deeper folders of the harness import only what lies beneath them; `harness/` stands for its files that are in no folder. */
function folderOf(file: string): string | null {
  const known = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length);
  return known.find((folder) => file.startsWith(`${folder}/`)) ?? null;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return path === 'reports/html/ui' ? [] : sources(path);
    return /\.(ts|mts)$/.test(name) ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)(?:\s+type)?\s+(?:[\w*]|\{)[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm,
  );
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [...statements, ...dynamic].map((match) => (match[1] ?? match[2]) as string);
}

/** Why the import is not allowed, or null. */
export function objection(file: string, specifier: string): string | null {
  const folder = folderOf(file);
  if (folder === null) return null;
  const rule = MAY_IMPORT[folder] as (typeof MAY_IMPORT)[string];
  if (specifier.startsWith('node:'))
    return rule.node ? null : `${file} imports ${specifier}: ${folder} reaches no host`;
  if (!specifier.startsWith('.')) {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    return rule.packages.includes(name) ? null : `${file} imports the package ${specifier}`;
  }
  const target = relative(root, resolve(root, dirname(file), specifier));
  const own = target.startsWith(`${folder}/`);
  const listed = rule.ours.some((allowed) =>
    allowed === 'harness/' ? /^harness\/[^/]+$/.test(target) : target === allowed || target.startsWith(`${allowed}/`),
  );
  return own || listed
    ? null
    : `${file} imports ${target}: ${folder} may import ${rule.ours.join(', ') || 'nothing of ours'}`;
}

describe('the directions of import', () => {
  it('hold in every file', () => {
    const files = ['harness', 'adapters', 'reports', 'matchers', 'models'].flatMap(sources);
    expect(files.length).toBeGreaterThan(30);
    expect(
      files.flatMap((file) => importsOf(file).map((specifier) => objection(file, specifier))).filter((o) => o !== null),
    ).toEqual([]);
  });

  it('would be seen to be broken', () => {
    expect(objection('harness/stages/1-share.ts', 'node:fs')).toMatch(/reaches no host/);
    expect(objection('harness/oracle/ops/conv.ts', '../../../adapters/onnx/cut.ts')).toMatch(/may import/);
    expect(objection('adapters/onnx/differentiate.ts', '../onnxruntime/session.ts')).toMatch(/may import/);
    expect(objection('models/layers/linear.ts', '../../harness/shape.ts')).toMatch(/nothing of ours/);
    expect(objection('harness/check.ts', 'protobufjs')).toMatch(/package/);
  });

  it('keep adapters/onnx and the oracle from sharing arithmetic', () => {
    const shared = sources('adapters/onnx').filter((file) => importsOf(file).some((s) => s.includes('/oracle/')));
    expect(shared.filter((file) => importsOf(file).some((s) => /\/harness\/oracle\//.test(s)))).toEqual([]);
  });
});
