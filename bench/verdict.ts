// Is the verdict ever wrong? Correct implementations that differ honestly must pass, bugs must not: `npm run bench:verdict`.
import { writeFileSync } from 'node:fs';
import { loadRuntime, versionOf } from '../adapters/onnxruntime/runtime.mjs';
import { loadTfjs } from '../adapters/tfjs/load.ts';
import { BUGS } from './verdict/bugs/index.ts';
import { PLANS } from './verdict/plans.ts';
import { type Caught, type HonestPair, measureBugs, measureHonest } from './verdict/measure.ts';
import { verdictPage } from './verdict/page.ts';

const SEEDS = { correct: [1, 2, 3, 4], bugs: [1, 2, 3, 4, 5] };

const pairs: HonestPair[] = [];
const bugs: Caught[] = [];
const progress = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${what}\x1b[K`);
};
const only = process.argv[2]; // a part of a plan's name: prints, and writes nothing
for (const plan of PLANS.filter(({ name }) => only === undefined || name.includes(only))) {
  for (const seed of SEEDS.correct) {
    progress(`${plan.name}, seed ${seed}`);
    pairs.push(...(await measureHonest(plan, seed)));
  }
  const mine = BUGS.filter((bug) => bug.plan === plan.name);
  for (const seed of mine.length > 0 ? SEEDS.bugs : []) bugs.push(...(await measureBugs(plan, seed, mine)));
}
progress('');
const tfjs = await loadTfjs();
const versions = `ONNX Runtime ${versionOf(await loadRuntime())}, TensorFlow.js ${tfjs.version}, Node ${process.versions.node.split('.')[0]}`;
const page = verdictPage({ pairs, bugs, seeds: SEEDS, versions });
process.stdout.write(page);
if (only === undefined) {
  writeFileSync(new URL('../docs/verdict.md', import.meta.url), page);
  process.stdout.write('\nWritten to docs/verdict.md.\n');
}
