// Scores the built command line on seeded-bug traces with ../shared/score.mjs, two models at a time, and holds the result against
// floors that only rise.
// usage: node scripts/score.mjs [--raise] [--list]     --raise writes better results into .ci/floors.json
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shared = process.env.LAYERDIFF_SHARED ?? '../shared';
const floorsPath = '.ci/floors.json';
if (!existsSync(join(shared, 'score.mjs'))) {
  console.log('score: skipped, the scoring data is not beside the project');
  process.exit(0);
}
const goldens = join(shared, 'data/goldens');
const models = readdirSync(goldens).filter((name) => statSync(join(goldens, name)).isDirectory());
// score.mjs filters by substring: up to the dot (resnet-digits. is not resnet-digits-training.), and no name that holds another (mobilenet-digits holds lenet-digits).
const stems = models.map((model) => `${model}.`);
const queue = stems.filter((stem) => !stems.some((other) => other !== stem && stem.includes(other)));
const lines = [];

function score(only) {
  return new Promise((resolve, reject) => {
    const args = [join(shared, 'score.mjs'), goldens, join(shared, 'data/traces'), '--only', only];
    if (process.argv.includes('--list')) args.push('--list');
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`score.mjs ended with ${code}`))));
  });
}

async function worker() {
  for (let only = queue.shift(); only !== undefined; only = queue.shift())
    lines.push(...(await score(only)).split('\n'));
}
await Promise.all([worker(), worker()]);

const tally = {};
for (const line of lines) {
  const match = line.match(/^(\S.*?)\s{2,}(\d+) cases(.*)$/) ?? line.match(/^(variant \S+ \S+)\s+(\d+) cases(.*)$/);
  if (!match) {
    if (process.argv.includes('--list') && line.trim() && !line.startsWith('detected')) console.log(line);
    continue;
  }
  const group = (tally[match[1].trim()] ??= { cases: 0 });
  group.cases += Number(match[2]);
  for (const [, key, n] of match[3].matchAll(/(\w+) (\d+) \(/g)) group[key] = (group[key] ?? 0) + Number(n);
}
const floors = existsSync(floorsPath) ? JSON.parse(readFileSync(floorsPath, 'utf8')) : {};
let failed = 0;
let passed = 0;
for (const [group, found] of Object.entries(tally).sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(
    group.padEnd(34),
    Object.entries(found)
      .map(([key, n]) => `${key} ${n}`)
      .join(' · '),
  );
  for (const key of ['cases', 'detected', 'located', 'exact', 'named', 'silent']) {
    const floor = floors[group]?.[key];
    if (floor === undefined) continue;
    if (!((found[key] ?? 0) >= floor)) {
      console.error(`score: ${group}: ${key} ${found[key] ?? 0} is below the floor of ${floor}`);
      failed++;
    } else passed++;
  }
  const ceiling = floors[group]?.misnamed;
  if (ceiling !== undefined && !((found.misnamed ?? 0) <= ceiling)) {
    console.error(`score: ${group}: misnamed ${found.misnamed} is above the ceiling of ${ceiling}`);
    failed++;
  }
}
for (const group of Object.keys(floors)) if (!(group in tally)) failed++;
if (process.argv.includes('--raise')) {
  const raised = {};
  for (const [group, found] of Object.entries(tally)) {
    raised[group] = {};
    for (const key of ['cases', 'detected', 'located', 'exact', 'named', 'silent']) {
      const best = Math.max(found[key] ?? 0, floors[group]?.[key] ?? 0);
      if (best > 0) raised[group][key] = best;
    }
    raised[group].misnamed = Math.min(found.misnamed ?? 0, floors[group]?.misnamed ?? Number.POSITIVE_INFINITY);
  }
  writeFileSync(floorsPath, `${JSON.stringify(raised, null, 2)}\n`);
}
console.log(`score: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
