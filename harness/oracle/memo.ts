import type { OracleRequest, Value } from '../types/oracle.ts';
import type { Gradient } from './differentiate.ts';
import type { Plan } from './plan.ts';

type Values = readonly (Value | undefined)[];
type Parts = readonly (Gradient | undefined)[];

/** What was computed, by position of its node: outputs in both arithmetics, and what each input was sent back. */
export interface Memo {
  readonly r64: Map<number, Values>;
  readonly n32: Map<number, Values>;
  readonly parts: Map<number, Parts>;
  /** Drops what is beyond the bound. Only between two questions: within one, everything is needed. */
  trim(): void;
}

/** 128 MiB: a few layers of a large network. */
export const KEPT_BYTES = 2 ** 27;
/** What lies between two cuts is read again by every tensor behind it, so it is kept for longer: up to so many times the bound. */
const BETWEEN_CUTS = 8;

/** An empty memo. Oldest first is dropped; what other segments will not read, before what they will. */
export function createMemo(plan: Plan, request: OracleRequest, keptBytes: number): Memo {
  let atMost = 0; // bytes held: counted as they come in, so that a question that adds little costs little
  const add = (bytes: number): void => void (atMost += bytes);
  const [r64, n32] = [counted<Values>(bytesOfValues, add), counted<Values>(bytesOfValues, add)];
  const parts = counted<Parts>(bytesOfParts, add);
  const cutForward = (index: number): boolean =>
    plan.nodes[index]!.node.outputs.every((name) => name === '' || request.values.has(name));
  const cutBackward = (index: number): boolean =>
    plan.nodes[index]!.node.inputs.every((name) => request.gradients.has(name) || !plan.producers.has(name));
  const kept = [
    { map: r64, isCut: cutForward, bytes: bytesOfValues },
    { map: n32, isCut: cutForward, bytes: bytesOfValues },
    { map: parts, isCut: cutBackward, bytes: bytesOfParts },
  ] as const;
  const sizes = kept.map(() => new Map<number, number>());
  const total = (which: (index: number, isCut: (index: number) => boolean) => boolean): number => {
    let bytes = 0;
    kept.forEach(({ map, isCut, bytes: count }, k) => {
      for (const [index, held] of map) {
        if (!which(index, isCut)) continue;
        const known = sizes[k]!.get(index) ?? count(held as never);
        sizes[k]!.set(index, known);
        bytes += known;
      }
    });
    return bytes;
  };
  const drop = (most: number, which: (index: number, isCut: (index: number) => boolean) => boolean): void => {
    let bytes = total(which);
    kept.forEach(({ map, isCut }, k) => {
      for (const index of map.keys()) {
        if (bytes <= most) return;
        if (!which(index, isCut)) continue;
        bytes -= sizes[k]!.get(index) ?? 0;
        map.delete(index);
        sizes[k]!.delete(index);
      }
    });
  };
  const trim = (): void => {
    if (atMost <= keptBytes) return;
    drop(keptBytes, (index, isCut) => isCut(index));
    drop(BETWEEN_CUTS * keptBytes, () => true);
    atMost = total(() => true);
  };
  return { r64, n32, parts, trim };
}

/** A map that tells the bytes of what is put into it. */
function counted<T>(bytes: (held: T) => number, add: (bytes: number) => void): Map<number, T> {
  const map = new Map<number, T>();
  const set = map.set.bind(map);
  map.set = (index, held) => {
    add(bytes(held));
    return set(index, held);
  };
  return map;
}

const bytesOfValues = (values: Values): number => values.reduce((sum, value) => sum + (value?.data.byteLength ?? 0), 0);

const bytesOfParts = (parts: Parts): number =>
  parts.reduce(
    (sum, part) =>
      sum +
      (part === undefined ? 0 : part.r64.data.byteLength + part.n32.data.byteLength + (part.slack?.byteLength ?? 0)),
    0,
  );
