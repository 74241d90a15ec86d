import { readdirSync } from 'node:fs';
import type { Graph } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { GradientCase } from '../adapters/onnx/gradients/_case.ts';
import { buildCase } from '../adapters/onnx/gradients/_case-run.ts';
import { type LayerCase, modelOf } from '../adapters/onnx/gradients/layer-law.ts';

const folder = new URL('../adapters/onnx/gradients/cases/', import.meta.url);

/** One case of the gradient rules as a model of one node. */
export interface OneNode {
  /** `Conv`, or `com.microsoft.Gelu` outside ai.onnx. */
  readonly operator: string;
  readonly claim: string;
  readonly file: string;
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Inputs whose gradient is asked for. */
  readonly wants: readonly string[];
  /** Outputs that get a cotangent; null: all floats. */
  readonly seeded: readonly string[] | null;
}

/** Every case of every table. */
export async function everyCase(): Promise<readonly OneNode[]> {
  const found: OneNode[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const table = (await import(new URL(file, folder).href)) as Record<string, unknown>;
    for (const list of Object.values(table)) {
      if (!Array.isArray(list)) continue;
      for (const one of list as (GradientCase | LayerCase)[]) {
        if (typeof one?.op === 'string') found.push('claim' in one ? ofLayer(one, file) : ofRule(one, file));
      }
    }
  }
  return found;
}

const named = (one: { op: string; domain?: string }): string => (one.domain ? `${one.domain}.${one.op}` : one.op);

function ofRule(one: GradientCase, file: string): OneNode {
  const { graph, feeds, wants } = buildCase(one, one.dtype ?? 'float64');
  const seeded = one.seeded?.map((k) => `y${k}`) ?? null;
  return { operator: named(one), claim: one.name, file, graph, feeds, wants: [...wants.keys()], seeded };
}

function ofLayer(law: LayerCase, file: string): OneNode {
  const { graph, feeds } = modelOf(law);
  const floats = [...feeds].flatMap(([name, { dtype }]) => (dtype.startsWith('float') ? [name] : []));
  const wants = law.wrt?.map((k) => `x${k}`) ?? floats;
  const constants = new Set(law.constants?.map((k) => `x${k}`));
  // What is known before the run is a constant of the model.
  const fixed = [...feeds].filter(([name]) => constants.has(name));
  const initializers = new Map(fixed.map(([name, tensor]) => [name, { ...tensor, read: () => tensor }]));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const rest = new Map([...feeds].filter(([name]) => !constants.has(name)));
  const seeded = law.seeded?.map((k) => `y${k}`) ?? null;
  const model = { ...graph, inputs, initializers };
  return { operator: named(law), claim: law.claim, file, graph: model, feeds: rest, wants, seeded };
}
