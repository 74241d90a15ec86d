import type { Bug, Kit, Unseen } from '../bug.ts';
import * as w from '../layers.ts';
import type { Tape, Var } from '../tape.ts';

export const bug = (plan: string, target: string, kind: string, make: Bug['make'], unseen?: Unseen): Bug => ({
  kind: `gradient: ${kind}`,
  plan,
  target,
  make,
  ...(unseen === undefined ? {} : { unseen }),
});
export const truth =
  (make: (x: Float64Array) => ArrayLike<number>): Bug['make'] =>
  (k) =>
    make(k.truth);
export const seeded =
  (of: (k: Kit) => ArrayLike<number>): Bug['make'] =>
  (k) =>
    k.edited({ cotangent: of(k) });
export const inputs =
  (of: (k: Kit) => Record<string, ArrayLike<number>>): Bug['make'] =>
  (k) =>
    k.edited({ inputs: of(k) });
export const layer =
  (written: w.Written): Bug['make'] =>
  (k) =>
    k.written(written);
/** dy · slope(x, y) with a wrong slope. */
export const slope =
  (of: (x: number, y: number, dy: number) => number): Bug['make'] =>
  (k) =>
    k.dy.map((dy, i) => dy * of(k.x(0)[i]!, k.y[i]!, dy));
export const detached = (t: Tape, x: Var): Var => t.variable(x.shape, x.data);
