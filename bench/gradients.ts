// What gradients cost: how long it takes to build them, to load them, and to run them beside the forward pass alone.
//   npm run bench:gradients            every network, each in a process of its own (for its peak memory)
//   npm run bench:gradients -- chain   one of them
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { encodeModel, liftGraph } from '../adapters/onnx/index.ts';
import { differentiate } from '../adapters/onnx/differentiate.ts';
import { withGradients } from '../adapters/onnx/with-gradients.ts';
import { studyModel } from '../adapters/onnxruntime/index.ts';
import { engineHere } from '../adapters/onnxruntime/session.ts';
import { sourceOf } from '../harness/tensor.ts';
import type { Tensor } from '../harness/types/tensor.ts';
import { type BenchNet, chain, mobilenet, resnet18, transformer } from './gradients/nets.ts';

const NETS: Readonly<Record<string, () => BenchNet>> = { resnet18, mobilenet, transformer };
/** The least processor time of so many runs counts: it is what the work takes, whatever else the machine does meanwhile. */
const RUNS = 5;

const [wanted] = process.argv.slice(2);
if (wanted === undefined) for (const name of [...Object.keys(NETS), 'chain']) again(name);
else if (wanted === 'chain') await differentiation();
else await measure(wanted, (NETS[wanted] as () => BenchNet)());

function again(name: string): void {
  const jiti = fileURLToPath(new URL('../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url));
  execFileSync(process.execPath, [jiti, fileURLToPath(import.meta.url), name], { stdio: 'inherit' });
}

/** Everything that one network costs. */
async function measure(name: string, { graph, inputs }: BenchNet): Promise<void> {
  const sources = new Map(Object.entries(inputs).map(([input, tensor]) => [input, sourceOf(tensor)]));
  const [studying, studied] = await timed(() => studyModel({ graph, irVersion: 10, producer: 'bench' }, sources));
  const wants = [...graph.initializers.keys()].filter((parameter) => studied.concrete.dtype(parameter) === 'float32');
  const [building, made] = await timed(() =>
    withGradients(studied.model.graph, studied.concrete, { loss: 'loss', seeded: [], wants }),
  );
  const feeds = new Map(Object.entries(inputs));
  const forward = await loaded(encodeModel(graph, { inline: () => true }), feeds, ['loss']);
  const both = await loaded(encodeModel(made.graph, { inline: () => true }), feeds, [
    'loss',
    ...made.gradients.map((g) => `gradient/${g}`),
  ]);
  const ratio = both.run / forward.run;
  const rows: readonly (readonly [string, string])[] = [
    ['nodes', `${graph.nodes.length} forward, ${made.graph.nodes.length} with gradients`],
    ['gradients', `${made.gradients.length} (${made.zero.length} parameters lead nowhere)`],
    ['finding shapes', seconds(studying)],
    ['building the backward graph', seconds(building)],
    ['loading a session', `${seconds(forward.load)} forward, ${seconds(both.load)} with gradients`],
    [
      'running (processor)',
      `${seconds(forward.run)} forward, ${seconds(both.run)} with gradients: ${ratio.toFixed(2)} times`,
    ],
    ['peak memory', `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB of the process`],
  ];
  process.stdout.write(`${name}\n${rows.map(([what, figure]) => `  ${what.padEnd(28)} ${figure}`).join('\n')}\n`);
}

async function loaded(bytes: Uint8Array, feeds: ReadonlyMap<string, Tensor>, fetches: readonly string[]) {
  const engine = await engineHere();
  const [load, session] = await timed(() => engine.open(bytes, feeds, 'bench'));
  await session.fetch(fetches);
  const runs: number[] = [];
  for (let k = 0; k < RUNS; k++) {
    const before = process.cpuUsage();
    await session.fetch(fetches);
    const { user, system } = process.cpuUsage(before);
    runs.push((user + system) / 1000);
  }
  await session.release();
  return { load, run: Math.min(...runs) };
}

/** Differentiation alone, of chains twice as long each: is it linear? */
async function differentiation(): Promise<void> {
  for (const nodes of [1250, 2500, 5000, 10000]) {
    const { graph } = chain(nodes);
    const concrete = {
      shape: (name: string) => (name === 'loss' ? [] : [2]),
      dtype: () => 'float32' as const,
      constant: () => undefined,
    };
    const [spent] = await timed(() =>
      differentiate(liftGraph(graph, concrete), concrete, {
        loss: 'loss',
        seeds: new Map(),
        wants: ['x'],
        aliases: new Map(),
      }),
    );
    process.stdout.write(`differentiating ${nodes} nodes: ${seconds(spent)}\n`);
  }
}

async function timed<T>(action: () => T | Promise<T>): Promise<[number, T]> {
  const start = performance.now();
  const result = await action();
  return [performance.now() - start, result];
}

function seconds(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
