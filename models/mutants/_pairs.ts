import type { Network } from '../../adapters/network/index.ts';
import { loadModel } from '../../adapters/onnx/index.ts';
import { twins } from '../twins/index.ts';
import type { Mutant, Net } from './_mutant.ts';

/** A network with two bugs. */
export interface Pair {
  readonly net: Net;
  /** Both as they are in this network. */
  readonly bugs: readonly [Mutant, Mutant];
  make(): Network;
}

/** Bugs that leave room for another one in the same layer: how it reads its parameters, and what it adds. */
const READINGS = [
  'weight-by-columns',
  'kernel-channels-last',
  'kernel-flipped',
  'kernel-sideways',
  'tail-dropped',
  'weight-transposed',
] as const;
const ADDITIONS = ['bias-missing', 'bias-twice'] as const;

/** Two bugs in one layer: a weight read otherwise, and the bias left out or added twice. */
export function inOneLayer(mutants: readonly Mutant[]): readonly Pair[] {
  return mutants.flatMap((first) => {
    const { net, layer, put } = first;
    if (!(READINGS as readonly string[]).includes(first.id) || layer === undefined || put === undefined) return [];
    if (!biasesOf(net).some((name) => name === `${layer}.bias` || name.endsWith(`.${layer}.bias`))) return [];
    return ADDITIONS.flatMap((id): Pair[] => {
      const second = mutants.find((other) => other.id === id);
      if (second?.put === undefined) return [];
      const { put: add } = second;
      const bugs = [first, { ...second, net, layer, tensor: first.tensor }] as const;
      return [{ net, bugs, make: () => add(put(twins[net].make(), layer), layer) }];
    });
  });
}

const biases = new Map<Net, readonly string[]>();

/** The biases among the parameters of a network's model: not every layer has one. */
function biasesOf(net: Net): readonly string[] {
  const names = biases.get(net) ?? [...loadModel(twins[net].model).graph.initializers.keys()];
  biases.set(net, names);
  return names.filter((name) => name.endsWith('.bias'));
}

/** Two bugs in two layers of one network: each mutant with one further along the list, as many as `most` in all, evenly spread. */
export function inOneNetwork(mutants: readonly Mutant[], most: number): readonly Pair[] {
  const all = mutants.flatMap((first, i) =>
    mutants.slice(i + 1).flatMap((second): Pair[] => {
      const { net, layer, put } = first;
      const other = second.layer;
      if (net !== second.net || layer === undefined || other === undefined || layer === other) return [];
      if (put === undefined || second.put === undefined || first.tensor === second.tensor) return [];
      const add = second.put;
      return [{ net, bugs: [first, second], make: () => add(put(twins[net].make(), layer), other) }];
    }),
  );
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor(i * step)] as Pair);
}
