import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { decodeTensor, loadModel, type Model } from '../../adapters/onnx/index.ts';
import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { riskOf } from '../../adapters/onnxruntime/risk.ts';
import { isLayerdiffError } from '../../harness/errors.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import { drawn } from '../adapters/onnx/gradients/_case-run.ts';

// ONNX's own operator tests, where they lie beside this repository. Their models have old operator sets, optional inputs,
// odd types and functions that no table of ours thought of; their answers say nothing of gradients, so that differences do.
const folder = fileURLToPath(new URL('../../../shared/data/onnx-backend/', import.meta.url));

/** Cases whose forward run cannot tell the gradient, and why. */
const UNTELLING: Readonly<Record<string, string>> = {
  test_gridsample_nearest: 'a step of the grid crosses to the next pixel',
  test_mod_mixed_sign_float16: 'steps that float16 can tell apart cross to the next multiple',
};

/** Float inputs by position that steer an operator and are no numbers of the network: sizes, ratios. They are left as they are. */
const STEERING: Readonly<Record<string, readonly number[]>> = {
  Dropout: [1],
  OneHot: [1],
  Resize: [1, 2],
  Upsample: [1],
};

/** Operators that have a derivative and no rule: they are refused by name. */
const REFUSED: readonly string[] = [
  'ConcatFromSequence',
  'DynamicQuantizeLinear',
  'Scan',
  'SequenceAt',
  'ai.onnx.ml.ArrayFeatureExtractor',
];

type Values = ReadonlyMap<string, Tensor>;

describe('every backend model of ONNX', () => {
  const found = existsSync(folder);
  (found ? it : it.skip)(
    'has the gradients that differences of its forward run show, or is refused by operator',
    async () => {
      const refused = new Set<string>();
      const wrong: string[] = [];
      let proven = 0;
      for (const name of readdirSync(folder).filter(
        (entry) => entry.startsWith('test_') && !Object.hasOwn(UNTELLING, entry),
      )) {
        const model = loadModel(`${folder}${name}/model.onnx`);
        const inputs = jittered(inputsOf(model, name), model);
        if (riskOf(model.graph) !== null || movable(inputs, model).length === 0) continue;
        const reference = await referenceOf(model, name, { place: 'here' });
        try {
          const errors = await errorsOf(reference, model, inputs);
          wrong.push(...errors.filter(({ error }) => !(error <= 0.01)).map((e) => `${name}, ${e.input}: ${e.error}`));
          proven += errors.length;
        } catch (error) {
          const operator = isLayerdiffError(error) ? /operator ([\w.]+) \(/.exec(error.message)?.[1] : undefined;
          if (operator === undefined) wrong.push(`${name}: ${String(error)}`);
          else refused.add(operator);
        } finally {
          await reference.release();
        }
      }
      expect(wrong).toEqual([]);
      expect([...refused].toSorted()).toEqual(REFUSED);
      expect(proven).toBeGreaterThan(800);
    },
  );
});

function inputsOf(model: Model, name: string): Values {
  return new Map(
    model.graph.inputs.map((input, k) => {
      const path = `${folder}${name}/test_data_set_0/input_${k}.pb`;
      return [input.name, decodeTensor(readFileSync(path), path).tensor];
    }),
  );
}

/** Moves floats off kinks and ties, where example numbers often lie. */
function jittered(inputs: Values, model: Model): Values {
  const free = movable(inputs, model);
  return new Map(
    [...inputs].map(([name, x]) => [name, free.includes(name) ? moved(x, drawn(x.shape, 'float64', 3), 0.02) : x]),
  );
}

/** Names of the inputs that a derivative can be taken for. */
function movable(inputs: Values, { graph }: Model): string[] {
  const steering = new Set(
    graph.nodes.flatMap(({ op, inputs: names }) => (STEERING[op] ?? []).map((slot) => names[slot])),
  );
  return [...inputs].flatMap(([name, x]) => (isFloat(x.dtype) && !steering.has(name) ? [name] : []));
}

/** x + by · v, except where x is not finite. */
function moved(x: Tensor, v: Tensor, by: number): Tensor {
  const along = toNumbers(v);
  return fromNumbers(
    x.dtype,
    x.shape,
    toNumbers(x).map((value, k) => value + by * (along[k] as number)),
  );
}

interface InputError {
  readonly input: string;
  /** Error of the directional derivative relative to what the gradient could have made of the direction. */
  readonly error: number;
}

/** Directional derivatives of ⟨dy, f⟩, one float input at a time; the better of two steps, as float32 rounds and curves bend. */
async function errorsOf(reference: Reference, model: Model, inputs: Values): Promise<InputError[]> {
  const outputs = model.graph.outputs.map((output) => output.name);
  const base = await replay(reference, inputs, outputs);
  const floats = outputs.filter((name) => isFloat((base.get(name) as Tensor).dtype));
  const seeds = new Map(floats.map((name, k) => [name, seedFor(base.get(name) as Tensor, 17 + k)]));
  const wants = seeds.size > 0 ? movable(inputs, model) : [];
  const gradients = await replay(reference, inputs, [], seeds, wants);
  return Promise.all(
    wants.map(async (input) => {
      const x = inputs.get(input) as Tensor;
      const v = drawn(x.shape, 'float64', 29);
      const at = async (by: number) =>
        dot(seeds, await replay(reference, new Map([...inputs, [input, moved(x, v, by)]]), floats));
      const gradient = gradients.get(input) as Tensor;
      const expected = dot(new Map([[input, finite(v, x)]]), gradients);
      const unit = norm(gradient) * norm(v) + 1e-2;
      const errors = await Promise.all(
        STEPS[x.dtype === 'float16' ? 'float16' : 'float32'].map(
          async (h) => Math.abs(((await at(h)) - (await at(-h))) / (2 * h) - expected) / unit,
        ),
      );
      return { input, error: Math.min(...errors) };
    }),
  );
}

const STEPS = { float32: [2 ** -6, 2 ** -9], float16: [2 ** -3, 2 ** -5] };

/** A random cotangent; 0 where the output is infinite or nearly so (masked scores), of which no difference can be taken. */
const seedFor = (y: Tensor, seed: number): Tensor => {
  const at = toNumbers(y);
  const dy = toNumbers(drawn(y.shape, 'float64', seed));
  return fromNumbers(
    y.dtype,
    y.shape,
    dy.map((value, k) => (Math.abs(at[k] as number) < 1e30 ? value : 0)),
  );
};

async function replay(
  reference: Reference,
  inputs: Values,
  wantValues: readonly string[],
  gradients: Values = new Map(),
  wantGradients: readonly string[] = [],
): Promise<Values> {
  const answers = new Map<string, Tensor>();
  const sources = (values: Values) => new Map([...values].map(([name, tensor]) => [name, sourceOf(tensor)]));
  const request = { values: new Map(), loss: null, inputs: sources(inputs), gradients: sources(gradients) };
  if (wantValues.length + wantGradients.length === 0) return answers;
  for await (const { name, tensor } of reference.replay({ ...request, wantValues, wantGradients }))
    answers.set(name, tensor);
  return answers;
}

/** The direction, without what cannot be moved. */
function finite(v: Tensor, x: Tensor): Tensor {
  const at = toNumbers(x);
  return fromNumbers(
    v.dtype,
    v.shape,
    toNumbers(v).map((value, k) => (Number.isFinite(at[k]) ? value : 0)),
  );
}

function dot(left: Values, right: Values): number {
  let sum = 0;
  for (const [name, a] of left) {
    const [x, y] = [toNumbers(a), toNumbers(right.get(name) as Tensor)];
    for (let k = 0; k < x.length; k++) if (Number.isFinite(y[k])) sum += (x[k] as number) * (y[k] as number);
  }
  return sum;
}

const norm = (tensor: Tensor): number => Math.hypot(...toNumbers(tensor).filter((x) => Number.isFinite(x)));
