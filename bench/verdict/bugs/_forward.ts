import type { Bug, Kit, Unseen } from '../bug.ts';
import * as w from '../layers.ts';

export const bug = (plan: string, kind: string, make: Bug['make'], unseen?: Unseen): Bug => ({
  kind,
  plan,
  target: 'y',
  make,
  ...(unseen === undefined ? {} : { unseen }),
});
export const inputs =
  (of: (k: Kit) => Record<string, ArrayLike<number>>): Bug['make'] =>
  (k) =>
    k.edited({ inputs: of(k) });
export const attributes =
  (change: NonNullable<Parameters<Kit['edited']>[0]['attributes']>): Bug['make'] =>
  (k) =>
    k.edited({ attributes: change });
export const op =
  (name: string): Bug['make'] =>
  (k) =>
    k.edited({ op: name });
export const layer =
  (written: w.Written): Bug['make'] =>
  (k) =>
    k.written(written);
