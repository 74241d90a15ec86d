import { describe, expect, it } from '@jest/globals';
import { openTfjsReference } from '../../../adapters/tfjs/index.ts';
import { check } from '../../../harness/check.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';
import { subjectOf } from '../../support/bench.ts';
import { drawn, tfl } from './_kit.ts';

const { layers, sequential } = tfl;
const NAMES = ['conv', 'pool', 'flat', 'dense'];

async function opened() {
  const network = sequential();
  network.add(layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [7, 5, 2], activation: 'relu', name: 'conv' }));
  network.add(layers.maxPooling2d({ poolSize: 2, name: 'pool' }));
  network.add(layers.flatten({ name: 'flat' }));
  network.add(layers.dense({ units: 4, activation: 'softmax', name: 'dense' }));
  return openTfjsReference(network, { loss: 'sparse_categorical_crossentropy', backend: 'cpu' });
}

/** A run of the network in which one recorded tensor is 1.3 times what it should be. */
async function reported(spoilt: { tensor: string; direction: 'forward' | 'backward' } | null, lacks: string[] = []) {
  const reference = await opened();
  const [name] = reference.graph.inputs.map((input) => input.name) as [string];
  const target = reference.graph.inputs[1]?.name as string;
  const inputs = new Map([
    [name, drawn(name, [6, 7, 5, 2])],
    [target, sourceOf(fromNumbers('int32', [6], [0, 3, 1, 2, 3, 0]))],
  ]);
  const made = [...NAMES, 'loss'].filter((each) => !lacks.includes(each));
  const wants = { wantValues: made, wantGradients: [...made, ...reference.graph.initializers.keys()] };
  const [values, gradients] = [new Map<string, TensorSource>(inputs), new Map<string, TensorSource>()];
  const request = { inputs, values: new Map(), gradients: new Map(), loss: 'loss', ...wants };
  for await (const { name: tensor, direction, tensor: held } of reference.replay(request)) {
    const wrong = spoilt?.tensor === tensor && spoilt.direction === direction;
    const numbers = wrong
      ? fromNumbers(
          held.dtype,
          held.shape,
          toNumbers(held).map((x) => 1.3 * x),
        )
      : held;
    (direction === 'forward' ? values : gradients).set(tensor, sourceOf(numbers));
  }
  const metadata = { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() };
  const trace = { values, gradients, updates: new Map(), states: new Map(), metadata };
  return check(subjectOf(trace), reference, { inputs, rules: [] });
}

describe('layers of a TensorFlow.js model', () => {
  it('are called by their names and classes, not by the operators that describe them', async () => {
    const { forward } = await reported({ tensor: 'conv', direction: 'forward' });
    expect(forward.firstDivergence).toMatchObject({ tensor: 'conv', layer: 'conv', op: 'Conv2D' });
    const { backward } = await reported({ tensor: 'pool', direction: 'backward' });
    expect(backward.firstDivergence).toMatchObject({ tensor: 'pool', layer: 'flat', op: 'Flatten' });
  });

  it('lack nothing where every layer is recorded: what is inside them is nobody’s to record', async () => {
    const whole = await reported(null);
    expect(whole.outcome).toBe('match');
    expect(whole.notes.join(' ')).not.toContain('interior values');
    expect(whole.unseen).toEqual(whole.unseen.filter(({ missing }) => missing === 'reference'));
    const lacking = await reported(null, ['pool']);
    expect(lacking.notes.join(' ')).toMatch(/^.*1 of 5 interior values are not recorded \(pool\)/);
  });
});
