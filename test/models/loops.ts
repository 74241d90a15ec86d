import { describe, expect, it } from '@jest/globals';

/** The loops take float32; run on float64 they are exact enough for finite differences. */
export type Array64 = Float32Array;
export const zeros = (n: number) => new Float64Array(n) as unknown as Array64;

/** Numbers in (-1, 1) from a fixed seed: a linear congruential generator, Numerical Recipes' constants. */
let state = 20_240_611;
export function random(n: number): Array64 {
  return zeros(n).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export interface Case {
  readonly name: string;
  /** What is differentiated. */
  readonly wrt: readonly Array64[];
  readonly size: number;
  forward(out: Array64): void;
  /** Adds to the gradients, one an entry of `wrt`. */
  backward(gradients: readonly Array64[], dout: Array64, out: Array64): void;
}

/** Holds each loop's way back against finite differences of its way there. */
export function describeLoops(cases: readonly Case[]): void {
  describe.each(cases)('$name', ({ wrt, size, forward, backward }) => {
    const loss = (dout: Array64) => {
      const out = zeros(size);
      forward(out);
      return out.reduce((sum, y, i) => sum + y * dout[i]!, 0);
    };

    it('has the gradient that finite differences have, in every element, under random cotangents', () => {
      const dout = random(size);
      const out = zeros(size);
      forward(out);
      const gradients = wrt.map((x) => zeros(x.length));
      backward(gradients, dout, out);
      const step = 1e-5;
      wrt.forEach((x, which) => {
        for (let i = 0; i < x.length; i++) {
          const kept = x[i]!;
          x[i] = kept + step;
          const above = loss(dout);
          x[i] = kept - step;
          const below = loss(dout);
          x[i] = kept;
          const error = Math.abs((above - below) / (2 * step) - gradients[which]![i]!);
          if (!(error <= 1e-7)) throw new Error(`gradient ${which}, element ${i}: off by ${error}`);
        }
      });
    });

    it('adds to what its gradients hold', () => {
      const dout = random(size);
      const out = zeros(size);
      forward(out);
      const [once, twice] = [wrt.map((x) => zeros(x.length)), wrt.map((x) => zeros(x.length))];
      backward(once, dout, out);
      backward(twice, dout, out);
      backward(twice, dout, out);
      twice.forEach((gradient, w) => {
        const off = gradient.findIndex((g, i) => !(Math.abs(g - 2 * once[w]![i]!) <= 1e-12));
        expect(off).toBe(-1);
      });
    });
  });
}
