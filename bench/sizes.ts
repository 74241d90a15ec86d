// Is the verdict right on networks of real size, and what does it cost?
//   npm run bench:sizes                          every network: two other correct implementations, then 20 seeded bugs
//   npm run bench:sizes -- resnet50              one network
//   npm run bench:sizes -- resnet50 clean        only the correct implementations
//   npm run bench:sizes -- resnet50 7            only bug 7
//   npm run bench:sizes -- resnet50 7 --rows     and every tensor that does not match
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bugsOf } from './sizes/bugs.ts';
import { type Engine, ENGINES } from './sizes/engines.ts';
import { type Outcome, judged } from './sizes/judge.ts';
import { NETWORKS } from './sizes/networks.ts';
import { writeSubject } from './sizes/subject.ts';
import { HEAD, lineOf } from './sizes/table.ts';

const [first, second, third, path] = process.argv.slice(2);
if (first === 'run') await run(second as string, third as string, path as string);
else if (first === 'judge') await judgeOnly(second as string, third as string, path as string);
else bench(first, second, third === '--rows');

/** `clean:web` or the number of a bug. */
function bugOf(what: string, graph: Parameters<typeof bugsOf>[0]) {
  return what.startsWith('clean') ? null : (bugsOf(graph)[Number(what)] ?? null);
}

function netOf(name: string) {
  const make = NETWORKS[name];
  if (make === undefined) throw new Error(`there is no network "${name}": ${Object.keys(NETWORKS).join(', ')}`);
  return make();
}

async function run(name: string, what: string, file: string): Promise<void> {
  const net = netOf(name);
  const engine = what.startsWith('clean:') ? (what.slice(6) as Engine) : 'optimised';
  await writeSubject(file, net, engine, bugOf(what, net.graph));
}

async function judgeOnly(name: string, what: string, file: string): Promise<void> {
  const net = netOf(name);
  process.stdout.write(JSON.stringify(await judged(net, file, bugOf(what, net.graph))));
}

/** Each run and each check in a process of its own, so that its peak memory is its own. */
function bench(name: string | undefined, what: string | undefined, rows: boolean): void {
  process.stdout.write(`${HEAD}\n`);
  for (const network of name === undefined ? Object.keys(NETWORKS) : [name]) {
    const clean = ENGINES.map((engine) => `clean:${engine}`);
    const bugs = bugsOf(netOf(network).graph);
    const numbers = bugs.map((_, k) => String(k));
    const wanted = what === undefined ? [...clean, ...numbers] : what === 'clean' ? clean : [what];
    for (const each of wanted) {
      const outcome = measured(network, each);
      process.stdout.write(`${lineOf(network, each, bugs[Number(each)] ?? null, outcome)}\n`);
      if (rows) process.stdout.write(`${[...outcome.rows, ...outcome.notes].map((row) => `    ${row}`).join('\n')}\n`);
    }
  }
}

function measured(network: string, what: string): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'layerdiff-sizes-'));
  try {
    const file = join(folder, 'subject.safetensors');
    again('run', network, what, file);
    return JSON.parse(again('judge', network, what, file)) as Outcome;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function again(...args: readonly string[]): string {
  const jiti = fileURLToPath(new URL('../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url));
  const here = fileURLToPath(import.meta.url);
  return execFileSync(process.execPath, [jiti, here, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}
