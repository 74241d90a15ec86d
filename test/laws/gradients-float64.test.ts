import { describe, expect, it } from '@jest/globals';
import { doubleModel, referenceOf, studyModel } from '../../adapters/onnxruntime/index.ts';
import { isLayerdiffError } from '../../harness/errors.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { createOracle } from '../../harness/oracle/index.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { everyCase, type OneNode } from './_every-case.ts';
import { WITHOUT_DOUBLE } from './_without-double.ts';

type Sources = ReadonlyMap<string, TensorSource>;

/** Largest error of any element, relative to the largest; throws where ONNX Runtime has no kernel. */
async function errorOf({ graph, feeds, wants, seeded, claim }: OneNode): Promise<number> {
  const inputs: Sources = new Map([...feeds].map(([name, tensor]) => [name, sourceOf(tensor)]));
  const studied = await studyModel({ graph, irVersion: 10, producer: '' }, inputs);
  const double = doubleModel(studied, inputs);
  const reference = await referenceOf(double.model, claim, { place: 'here' });
  try {
    const types = await reference.describe(double.inputs);
    const outputs = graph.outputs.map(({ name }) => name).filter((name) => isFloat(types.get(name)?.dtype ?? 'bool'));
    const gradients: Sources = new Map(
      outputs
        .filter((name) => seeded === null || seeded.includes(name))
        .map((name) => {
          const { shape } = types.get(name) as { shape: readonly number[] };
          const dy = Float64Array.from({ length: sizeOf(shape) }, normal(seedOf(name, 7)));
          return [name, sourceOf(fromNumbers('float64', shape, dy))];
        }),
    );
    const oracle = createOracle(studied.model.graph, { inputs, values: new Map(), gradients, loss: null });
    let worst = 0;
    const request = { inputs: double.inputs, values: new Map(), gradients, loss: null, wantValues: [] };
    for await (const { name, tensor } of reference.replay({ ...request, wantGradients: wants })) {
      if (oracle.supports(name, 'backward') !== null) continue;
      const expected = oracle.gradient(name).r64.data;
      const largest = 1 + Math.max(0, ...expected.map((value) => Math.abs(value)));
      toNumbers(tensor).forEach((value, k) => {
        const error = Math.abs(value - (expected[k] as number)) / largest;
        if (!(error <= worst)) worst = error;
      });
    }
    return worst;
  } finally {
    await reference.release();
  }
}

/** Cases about what counts at a kink, where the written form of an operator may take the other side. */
const CONVENTIONS = 'conventions.ts';

/** ONNX Runtime's Fourier transforms compute their roots of unity in float32. */
const allowed = (operator: string): number => (['DFT', 'STFT'].includes(operator) ? 1e-7 : 1e-9);

/** So many cases of an operator show that it has double kernels; its formulas are proven on all of them elsewhere. */
const ENOUGH = 3;

describe('in float64', () => {
  it('the backward graph of every operator is right to 1e-9, but for those that ONNX Runtime cannot run so', async () => {
    const works = new Map<string, number>();
    const refused = new Map<string, string>();
    const wrong: string[] = [];
    for (const one of await everyCase()) {
      if (one.file === CONVENTIONS || works.get(one.operator) === ENOUGH) continue;
      try {
        const error = await errorOf(one);
        if (error <= allowed(one.operator)) works.set(one.operator, (works.get(one.operator) ?? 0) + 1);
        else wrong.push(`${one.operator}, ${one.claim}: ${error}`);
      } catch (error) {
        if (!isLayerdiffError(error)) throw error;
        refused.set(one.operator, error.message);
      }
    }
    const never = [...refused.keys()].filter((operator) => !works.has(operator));
    expect(wrong).toEqual([]);
    expect(never.toSorted()).toEqual(Object.keys(WITHOUT_DOUBLE).toSorted());
  });
});
