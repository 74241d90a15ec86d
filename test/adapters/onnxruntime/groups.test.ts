import { describe, expect, it } from '@jest/globals';
import { feedCounter, groupsOf } from '../../../adapters/onnxruntime/groups.ts';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';

/** A chain of layers; `cut`: each reads an input of its own in the place of the one before it. */
function chain(length: number, cut: boolean) {
  const b = new GraphBuilder('chain', 21);
  let x = b.input('x', 'float32', [3]);
  const names: string[] = [];
  for (let i = 0; i < length; i++) {
    const y = b.node('Tanh', [cut ? b.input(`cut${i}`, 'float32', [3]) : x], {}, { outputNames: [`t${i}`] });
    names.push(y);
    x = y;
  }
  b.output(x);
  return { graph: b.graph(), names };
}

const groups = (length: number, cut: boolean) => {
  const { graph, names } = chain(length, cut);
  return groupsOf(names, { own: () => 12, fed: feedCounter(graph, () => 12) }, 2 ** 28);
};

describe('runs of very many tensors', () => {
  it('are split where layers are cut apart, and every tensor is asked for once, in order', () => {
    const found = groups(5000, true);
    expect(found.length).toBeGreaterThan(3);
    expect(found.flat()).toEqual(chain(5000, true).names);
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThan(1500);
  });

  it('stay one where each needs all before it, or where they are few', () => {
    expect(groups(5000, false).length).toBe(1);
    expect(groups(300, true).length).toBe(1);
  });
});
