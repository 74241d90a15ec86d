import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { referenceOf } from '../../../adapters/onnxruntime/index.ts';
import { recordReference } from '../../../harness/record.ts';
import { float32, int64, sourceOf } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';

const table = float32(
  [5, 3],
  Array.from({ length: 15 }, (_, i) => i),
);

/** What the reference says of these words. */
async function said(
  graph: Graph,
  words: readonly number[],
  more: Readonly<Record<string, number[]>> = {},
): Promise<string> {
  const reference = await referenceOf({ graph, irVersion: 10, producer: '' }, 'network');
  const given = Object.entries({ words: [...words], ...more }).map(
    ([name, of]) => [name, sourceOf(int64([of.length], of))] as const,
  );
  try {
    await recordReference(reference, new Map(given), null);
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await reference.release();
  }
}

function embedding(): Graph {
  const b = new GraphBuilder('network', 21);
  const words = b.input('words', 'int64', [2]);
  b.output(b.node('Gather', [b.initializer('table', table), words], {}, { name: 'embed' }));
  return b.graph();
}

function classified(): Graph {
  const b = new GraphBuilder('network', 21);
  const words = b.input('words', 'int64', [2]);
  const target = b.input('target', 'int64', [2]);
  const logits = b.node('Gather', [b.initializer('table', table), words]);
  b.output(b.node('SoftmaxCrossEntropyLoss', [logits, target], {}, { name: 'loss' }));
  return b.graph();
}

describe('an index that is out of range', () => {
  it('is told by input, element, value and allowed range', async () => {
    expect(await said(embedding(), [1, 7])).toMatch(
      /^E_INPUT {2}input words: its element 1 is 7, and Gather "embed" has 5 to choose from\. Give whole numbers from 0 to 4/,
    );
    expect(await said(embedding(), [-6, 0])).toMatch(/element 0 is -6/);
  });

  it('is told of the input that holds it, where several are indices', async () => {
    expect(await said(classified(), [0, 4], { target: [0, 3] })).toMatch(
      /input target: its element 1 is 3.*from 0 to 2/,
    );
  });

  it('is not claimed where all are in range', async () => {
    expect(await said(embedding(), [-5, 4])).toBe('nothing');
  });
});
