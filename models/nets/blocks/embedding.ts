import { add, addBackward } from '../../layers/add.ts';
import { embedding, embeddingBackward } from '../../layers/embedding.ts';
import { linear, linearBackward } from '../../layers/linear.ts';
import { type Constant, get, type Layer, zeros } from '../layer.ts';

export const integers = (shape: readonly number[], data: readonly number[]): Constant => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(data, BigInt),
});

/** Looks up a row a token: [B, T] → [B, T, D]. Parameter: the table [V, D], which may be another layer's as well. */
export function lookup(name: string, tokens: string, table: string): Layer {
  return {
    name,
    inputs: [tokens],
    parameters: [table],
    op: { type: 'Gather', inputs: [table, tokens] },
    forward({ input: ids, parameters }) {
      const rows = get(parameters, table);
      const [N, D] = [ids.data.length, rows.shape[1]!];
      const out = new Float32Array(N * D);
      embedding(out, ids.data, rows.data, N, D);
      return { data: out, shape: [...ids.shape, D] };
    },
    backward({ input: ids, parameters, gradient }) {
      const rows = get(parameters, table);
      const dtable = zeros(rows);
      embeddingBackward(dtable, gradient, ids.data, ids.data.length, rows.shape[1]!);
      return { inputs: [null], parameters: { [table]: dtable } };
    },
  };
}

/** Adds row t of a table to position t of T: [B, T, D]. Parameter: embedded.weight [P, D], P being at least T. */
export function positions(name: string, input: string, T: number): Layer {
  const w = `${name}.weight`;
  const every = Array.from({ length: T }, (_, t) => t);
  return {
    name,
    inputs: [input],
    parameters: [w],
    op: [
      { type: 'Gather', inputs: [w, integers([T], every)], outputs: ['positions'] },
      { type: 'Add', inputs: [input, 'positions'] },
    ],
    forward({ input: x, parameters }) {
      const [B, T, D] = x.shape as [number, number, number];
      const [out, rows] = [zeros(x), get(parameters, w).data.subarray(0, T * D)];
      for (let b = 0; b < B; b++) {
        const [from, to] = [b * T * D, (b + 1) * T * D];
        add(out.subarray(from, to), x.data.subarray(from, to), rows, T * D);
      }
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, gradient }) {
      const [B, T, D] = x.shape as [number, number, number];
      const [dx, dw] = [zeros(x), zeros(get(parameters, w))];
      for (let b = 0; b < B; b++) {
        const [from, to] = [b * T * D, (b + 1) * T * D];
        addBackward(dx.subarray(from, to), dw.subarray(0, T * D), gradient.subarray(from, to), T * D);
      }
      return { inputs: [dx], parameters: { [w]: dw } };
    },
  };
}

/** Scores every token by its row of the table: [B, T, D] → [B·T, V]. The parameter is the embedding's. */
export function tied(name: string, input: string, table: string, V: number): Layer {
  const sizes = (data: Float32Array, shape: readonly number[]) => {
    const D = shape[shape.length - 1]!;
    return [data.length / D, D] as const;
  };
  return {
    name,
    inputs: [input],
    parameters: [table],
    op: [
      { type: 'Transpose', inputs: [table], attributes: { perm: [1, 0] }, outputs: ['columns'] },
      { type: 'MatMul', inputs: [input, 'columns'], outputs: ['scores'] },
      { type: 'Reshape', inputs: ['scores', integers([2], [-1, V])] },
    ],
    forward({ input: x, parameters }) {
      const [N, D] = sizes(x.data, x.shape);
      const out = new Float32Array(N * V);
      linear(out, x.data, get(parameters, table).data, null, N, D, V);
      return { data: out, shape: [N, V] };
    },
    backward({ input: x, parameters, gradient }) {
      const [N, D] = sizes(x.data, x.shape);
      const rows = get(parameters, table);
      const [dx, dtable] = [zeros(x), zeros(rows)];
      linearBackward(dx, dtable, null, gradient, x.data, rows.data, N, D, V);
      return { inputs: [dx], parameters: { [table]: dtable } };
    },
  };
}
