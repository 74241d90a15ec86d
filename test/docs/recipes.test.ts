import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { openTrace } from '../../adapters/trace/index.ts';
import { toNumbers } from '../../harness/tensor.ts';
import { scratchFolder } from '../adapters/trace/scratch.ts';

const text = readFileSync(fileURLToPath(new URL('../../docs/recipes.md', import.meta.url)), 'utf8');
const recipe = (heading: string): string =>
  new RegExp(`^#+ ${heading.replaceAll('+', '\\+')}\\n[^]*?\`\`\`\\w+\\n([^]*?)\`\`\``, 'm').exec(text)?.[1] ?? '';
const scratch = scratchFolder();
const folder = dirname(scratch.path('x'));
const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const where = (present: boolean) => (present ? describe : describe.skip);

where(has('python3', '-c', 'import numpy'))('the NumPy recipe (skipped where there is no numpy)', () => {
  it('writes a trace that is read, with every value and gradient', () => {
    execFileSync('python3', ['-c', recipe('NumPy')], { cwd: folder });
    const { values, gradients } = openTrace(join(folder, 'trace.npz'));
    expect([...values.keys()]).toEqual(['x', 'w', 'fc', 'act', 'loss']);
    expect([...gradients.keys()]).toEqual(['x', 'w', 'fc', 'act']);
    const act = toNumbers(values.get('act')!.read());
    expect(toNumbers(values.get('loss')!.read())[0]).toBeCloseTo(act.reduce((a, b) => a + b) / act.length, 6);
    expect(gradients.get('w')?.shape).toEqual([4, 3]);
  });
});

where(has('python3', '--version'))('the other recipes in Python (skipped where there is no python3)', () => {
  it.each(['PyTorch', 'JAX', 'TensorFlow, Keras'])('%s is valid Python', (name) => {
    expect(recipe(name)).not.toBe('');
    execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: recipe(name) });
  });
});

/** What a recipe's writer is called with, in its language, to write the same trace. */
const MAINS = {
  C: 'int main(void) { float y[] = {1, 2, 3, 4, 5, 6}; put("value/y", "2,3", 6, y); put("gradient/loss", "", 1, y); return save("trace.safetensors"); }',
  'C++':
    'int main() { Trace t; t.put("value/y", {2, 3}, {1, 2, 3, 4, 5, 6}); t.put("gradient/loss", {}, {1}); return !t.save("trace.safetensors"); }',
  Rust: 'fn main() { let mut t = Trace::default(); t.put("value/y", &[2, 3], &[1., 2., 3., 4., 5., 6.]); t.put("gradient/loss", &[], &[1.]); t.save("trace.safetensors").unwrap(); }',
} as const;

describe.each([
  ['C', 'gcc', 'recipe.c'],
  ['C++', 'g++', 'recipe.cpp'],
  ['Rust', 'rustc', 'recipe.rs'],
] as const)('the %s recipe', (name, compiler, file) => {
  (has(compiler, '--version') ? it : it.skip)(
    `compiles with ${compiler} and writes a trace (skipped where it is absent)`,
    () => {
      writeFileSync(join(folder, file), `${recipe(name)}\n${MAINS[name]}\n`);
      execFileSync(compiler, [file, '-o', 'recipe'], { cwd: folder, stdio: 'pipe' });
      execFileSync('./recipe', { cwd: folder });
      const { values, gradients } = openTrace(join(folder, 'trace.safetensors'));
      expect([values.get('y')?.shape, [...toNumbers(values.get('y')!.read())]]).toEqual([
        [2, 3],
        [1, 2, 3, 4, 5, 6],
      ]);
      expect([gradients.get('loss')?.shape, [...toNumbers(gradients.get('loss')!.read())]]).toEqual([[], [1]]);
    },
  );
});
