import type { Network } from '../../adapters/network/index.ts';
import { stepsOf } from '../layers/lstm.ts';
import { turned } from '../nets/blocks/recurrent.ts';
import { withOutput } from './_mutant.ts';

/** One step of one unit: its gates before their activations, and its cell before. */
export interface Unit {
  readonly input: number;
  readonly output: number;
  readonly forget: number;
  readonly cell: number;
  readonly before: number;
}

/** The new cell, and the new state. */
export type Cell = (unit: Unit) => readonly [cell: number, state: number];

/** How a gate's terms are added up. */
type Sum = (terms: readonly number[]) => number;

const inTurn: Sum = (terms) => terms.reduce((sum, x) => sum + x, 0);

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The network with a memory whose units do otherwise; its way back stays right. */
export function withCells(network: Network, name: string, cell: Cell, sum: Sum = inTurn): Network {
  return withOutput(network, name, (out, { input, parameters }, shape) => {
    const timeFirst = shape.length === 4;
    const x = timeFirst ? input : turned(input);
    const [T, B, I] = x.shape as [number, number, number];
    const directions = timeFirst ? shape[1]! : 1;
    const H = shape[shape.length - 1]!;
    const all = new Float32Array(out.length);
    const [W, R, bias] = ['weight', 'recurrence', 'bias'].map((each) => parameters[`${name}.${each}`]!.data) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let d = 0; d < directions; d++) {
      let [h, c] = [new Float32Array(B * H), new Float32Array(B * H)];
      for (const t of stepsOf({ T, B, I, H, reverse: d === 1 })) {
        const [past, cells] = [h, c];
        [h, c] = [new Float32Array(B * H), new Float32Array(B * H)];
        for (let at = 0; at < B * H; at++) {
          const [b, j] = [Math.floor(at / H), at % H];
          const gate = (block: number) => {
            const row = d * 4 * H + block * H + j;
            const terms = [bias[d * 8 * H + block * H + j]!, bias[d * 8 * H + (block + 4) * H + j]!];
            for (let i = 0; i < I; i++) terms.push(W[row * I + i]! * x.data[(t * B + b) * I + i]!);
            for (let i = 0; i < H; i++) terms.push(R[row * H + i]! * past[b * H + i]!);
            return sum(terms);
          };
          const unit = { input: gate(0), output: gate(1), forget: gate(2), cell: gate(3), before: cells[at]! };
          [c[at], h[at]] = cell(unit);
        }
        all.set(h, (t * directions + d) * B * H);
      }
    }
    out.set(timeFirst ? all : turned({ data: all, shape: [T, B, H] }).data);
  });
}
