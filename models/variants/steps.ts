import type { Network } from '../../adapters/network/index.ts';
import { withAttention } from '../mutants/_attention.ts';
import { sigmoid, withCells } from '../mutants/_cells.ts';
import type { Sum } from './summation.ts';

/** Layers of several operations, one operation after the other, each of which rounds to float32; a memory's sums in another order. All are right. */
export function inSteps(network: Network, sum: Sum): Network {
  const layers = network.layers ?? [];
  return layers.reduce((changed, { name }) => {
    if (name.endsWith('.attention')) return withAttention(changed, name, {});
    if (name !== 'lstm') return changed;
    return withCells(
      changed,
      name,
      (unit) => {
        const c = Math.fround(
          Math.fround(sigmoid(unit.forget)) * unit.before + Math.fround(sigmoid(unit.input)) * Math.tanh(unit.cell),
        );
        return [c, Math.fround(sigmoid(unit.output)) * Math.fround(Math.tanh(c))];
      },
      sum,
    );
  }, network);
}
