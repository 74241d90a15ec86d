import { basename } from 'node:path';
import { loadModel } from '../adapters/onnx/index.ts';
import { openTrace } from '../adapters/trace/index.ts';
import { isFloat } from '../harness/tensor.ts';
import { sizeOf } from '../harness/shape.ts';
import type { Graph, ValueInfo } from '../harness/types/graph.ts';

/** One tensor that a file holds. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: string;
}

/** What a file holds, as plain data. */
export interface Inspected {
  readonly file: string;
  readonly kind: 'model' | 'trace';
  readonly facts: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly (Entry | Readonly<Record<string, string>>)[]>>;
}

/** Reads a model or a trace: names, types and shapes, no elements. Throws E_FILE, E_FORMAT, E_MODEL. */
export function inspectFile(path: string): Inspected {
  return /\.onnx$/i.test(path) ? inspectModel(path) : inspectTrace(path);
}

/** The same of a TensorFlow.js model, as it is described in ONNX's operators. Throws E_PEER, E_UNSUPPORTED besides. */
export async function inspectTfjs(path: string, options: object): Promise<Inspected> {
  const { openTfjsReference } = await import('../adapters/tfjs/index.ts');
  const { graph, version } = await openTfjsReference(path, options);
  return inspectGraph(path, graph, { producer: `TensorFlow.js, read by ${version}` });
}

function inspectModel(path: string): Inspected {
  const { graph, irVersion, producer } = loadModel(path);
  return inspectGraph(path, graph, { producer: producer || 'unknown', 'IR version': String(irVersion) });
}

function inspectGraph(path: string, graph: Graph, facts: Readonly<Record<string, string>>): Inspected {
  const parameters = [...graph.initializers].map(([name, { dtype, shape }]) => entry(name, dtype, shape));
  const count = [...graph.initializers.values()]
    .filter(({ dtype }) => isFloat(dtype))
    .reduce((n, { shape }) => n + sizeOf(shape), 0);
  const operators = new Map<string, number>();
  for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
  return {
    file: basename(path),
    kind: 'model',
    facts: {
      ...facts,
      opset: [...graph.opset].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', '),
      operators: [...operators]
        .sort()
        .map(([op, n]) => (n === 1 ? op : `${op} ×${n}`))
        .join(', '),
      parameters: `${count.toLocaleString('en')} numbers in ${parameters.length} tensors`,
    },
    lists: {
      inputs: graph.inputs.map(infoEntry),
      outputs: graph.outputs.map(infoEntry),
      parameters,
      nodes: graph.nodes.map(({ op, name, inputs, outputs }) => ({
        op,
        name,
        reads: inputs.join(', '),
        makes: outputs.join(', '),
      })),
    },
  };
}

function inspectTrace(path: string): Inspected {
  const { values, gradients, updates, states, metadata } = openTrace(path);
  const lists = Object.entries({ values, gradients, updates, states }).filter(([, tensors]) => tensors.size > 0);
  return {
    file: basename(path),
    kind: 'trace',
    facts: { producer: metadata.producer ?? 'unknown', iteration: String(metadata.iteration) },
    lists: Object.fromEntries(
      lists.map(([kind, tensors]) => [kind, [...tensors].map(([name, { dtype, shape }]) => entry(name, dtype, shape))]),
    ),
  };
}

const entry = (name: string, dtype: string, shape: readonly unknown[]): Entry => ({
  name,
  dtype,
  shape: `[${shape.join(', ')}]`,
});

function infoEntry({ name, dtype, shape }: ValueInfo): Entry {
  return entry(name, dtype ?? 'unknown type', shape === null ? ['?'] : shape.map((d) => d ?? '?'));
}

/** The same for a person: facts, then each list in aligned columns. */
export function inspectText({ file, kind, facts, lists }: Inspected): string {
  const lines = [`${file} (${kind})`];
  for (const [name, fact] of Object.entries(facts)) lines.push(`  ${name.padEnd(12)} ${fact}`);
  for (const [title, entries] of Object.entries(lists)) {
    lines.push('', `${title} (${entries.length})`);
    const rows = entries.map((row) => Object.values(row) as string[]);
    const widths = (rows[0] ?? []).map((_, column) =>
      Math.min(48, Math.max(...rows.map((row) => (row[column] ?? '').length))),
    );
    for (const row of rows)
      lines.push(
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] as number))
          .join('  ')
          .trimEnd()}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
