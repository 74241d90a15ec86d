import { expect, it } from '@jest/globals';
import { referenceOf, studyModel } from '../../adapters/onnxruntime/index.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { everyCase, type OneNode } from './_every-case.ts';

type Sources = ReadonlyMap<string, TensorSource>;

/** Linear in the cotangent but for rounding, relative to the largest element. */
const ALLOWED = { float64: 1e-11, float32: 5e-5 } as const;

/** Jᵀ (2 u − 3 w) − (2 Jᵀ u − 3 Jᵀ w) of a case, over what its type may lose; the largest of all elements. */
async function deviation({ graph, feeds, wants, seeded }: OneNode): Promise<number> {
  const inputs: Sources = new Map([...feeds].map(([name, tensor]) => [name, sourceOf(tensor)]));
  const { model, concrete } = await studyModel({ graph, irVersion: 10, producer: '' }, inputs);
  const reference = await referenceOf(model, 'linear', { place: 'here' });
  const starts = graph.outputs
    .map(({ name }) => name)
    .filter((name) => isFloat(concrete.dtype(name)) && (seeded === null || seeded.includes(name)));
  const drawn = (seed: number) =>
    new Map(
      starts.map((name) => {
        const draw = normal(seedOf(name, seed));
        return [name, Float64Array.from({ length: sizeOf(concrete.shape(name)) }, () => draw())];
      }),
    );
  const gradients = async (cotangents: ReadonlyMap<string, Float64Array>) => {
    const seeds: Sources = new Map(
      [...cotangents].map(([name, dy]) => [
        name,
        sourceOf(fromNumbers(concrete.dtype(name), concrete.shape(name), dy)),
      ]),
    );
    const found = new Map<string, Float64Array>();
    const request = { inputs, values: new Map(), gradients: seeds, loss: null, wantValues: [], wantGradients: wants };
    for await (const { name, tensor } of reference.replay(request)) found.set(name, toNumbers(tensor));
    return found;
  };
  const [u, w] = [drawn(1), drawn(2)];
  const mixed = new Map([...u].map(([name, dy]) => [name, dy.map((d, k) => 2 * d - 3 * (w.get(name)?.[k] as number))]));
  const [ofU, ofW, ofMixed] = [await gradients(u), await gradients(w), await gradients(mixed)];
  await reference.release();
  let worst = 0;
  for (const [name, gradient] of ofMixed) {
    const sum = (ofU.get(name) as Float64Array).map((d, k) => 2 * d - 3 * (ofW.get(name)?.[k] as number));
    const unit = (1 + Math.max(0, ...sum.map(Math.abs))) * ALLOWED[concrete.dtype(name) as 'float32'];
    gradient.forEach((d, k) => {
      const ratio = Object.is(d, sum[k]) ? 0 : Math.abs(d - (sum[k] as number)) / unit;
      if (!(ratio <= worst)) worst = ratio;
    });
  }
  return worst;
}

it('every gradient of a layer is linear in the cotangent: no rule mixes up a value with a cotangent', async () => {
  const wrong: string[] = [];
  // The other tables are held to this law case by case.
  const layers = (await everyCase()).filter(({ file }) => file.startsWith('layer-'));
  expect(layers.length).toBeGreaterThan(150);
  for (const one of layers) {
    const ratio = await deviation(one);
    if (!(ratio <= 1)) wrong.push(`${one.claim}: ${ratio}`);
  }
  expect(wrong).toEqual([]);
});
