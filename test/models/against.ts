import { join } from 'node:path';
import { networkSubject } from '../../adapters/network/index.ts';
import { loadModel } from '../../adapters/onnx/index.ts';
import { openTrace, readTensors } from '../../adapters/trace/index.ts';
import { toNumbers } from '../../harness/tensor.ts';
import type { SubjectRun } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Direction, Trace } from '../../harness/types/trace.ts';
import type { Network } from '../../adapters/network/index.ts';
import type { Twin } from '../../models/twins/index.ts';

/** Folder of a twin's golden values and gradients, which PyTorch computed. */
const GOLDENS: Readonly<Record<string, string>> = {
  mlp: 'mlp-digits',
  lenet: 'lenet-digits',
  resnet: 'resnet-digits',
  'resnet-training': 'resnet-digits-training',
};

/** Whether PyTorch computed it; the others are held against ONNX Runtime (drafts.test.ts). */
export const hasGolden = ({ id }: Pick<Twin, 'id'>): boolean => id in GOLDENS;

export const goldenOf = (twin: Pick<Twin, 'id'>): Trace =>
  openTrace(join(import.meta.dirname, '../data/goldens', GOLDENS[twin.id] as string, 'golden.safetensors'));

/** Runs a network on the twin's inputs, and the golden's parameters (the model's, where there is no golden). */
export async function runOnGolden(network: Network, twin: Twin): Promise<SubjectRun> {
  const inputs = readTensors(twin.inputs);
  const parameters = hasGolden(twin) ? parametersOf(goldenOf(twin)) : loadModel(twin.model).graph.initializers;
  return networkSubject(network, twin.id).run({ inputs, parameters });
}

function parametersOf({ values, metadata }: Trace): ReadonlyMap<string, TensorSource> {
  const computed = new Set(metadata.order);
  return new Map([...values].filter(([name]) => !computed.has(name)));
}

/** ‖a - b‖ / ‖b‖, or ‖a‖ where b is 0. */
export function relL2(a: TensorSource, b: TensorSource): number {
  const [x, y] = [toNumbers(a.read()), toNumbers(b.read())];
  if (x.length !== y.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    difference += ((x[i] as number) - (y[i] as number)) ** 2;
    norm += (y[i] as number) ** 2;
  }
  return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
}

export interface Difference {
  readonly tensor: string;
  readonly direction: Direction;
  readonly error: number;
}

/** Every recorded tensor beside the golden's, by the reference's names: values in order of execution, then gradients in the reverse. */
export function differences(run: SubjectRun, network: Network, golden: Trace): readonly Difference[] {
  const theirs = (name: string) => network.names?.[name] ?? name;
  const row = (
    direction: Direction,
    mine: ReadonlyMap<string, TensorSource>,
    gold: ReadonlyMap<string, TensorSource>,
  ) =>
    [...mine].map(([name, source]) => {
      const other = gold.get(theirs(name));
      return { tensor: theirs(name), direction, error: other ? relL2(source, other) : Number.POSITIVE_INFINITY };
    });
  const { values, gradients } = run.trace;
  return [...row('forward', values, golden.values), ...row('backward', gradients, golden.gradients)];
}
