import type { Floats } from '../../types/tensor.ts';
import { type Asked, type Block, BLOCK, BUCKETS, LANES, SUMS } from './block.ts';
import { HISTOGRAMS, kernelBytes, REFERENCE, RESULTS, SUBJECT, VECTORS } from './kernel.ts';
import { addLanes } from './twin.ts';

/** Measures one block; false where it holds something non-finite, and the twin must. */
export type BlockKernel = (subject: Floats, reference: Floats, what: Asked, out: Block) => boolean;

type Measure = (elements: number, absolute: number, relative: number, lowest: number, precision: number) => void;

/** The little of WebAssembly's interface that is needed: the language's own types do not have it. */
interface Engine {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
  ) => { exports: { memory: { buffer: ArrayBuffer }; measure32: Measure; measure64: Measure } };
}

let made: BlockKernel | null | undefined;

/** The kernel, made when it is first asked for; null where there is no WebAssembly, or none with SIMD. */
export function blockKernel(): BlockKernel | null {
  if (made === undefined) made = makeKernel((globalThis as { WebAssembly?: Engine }).WebAssembly);
  return made;
}

/** Makes the kernel on an engine; null where the engine refuses it. */
export function makeKernel(engine: Engine | undefined): BlockKernel | null {
  if (engine === undefined) return null;
  try {
    return bind(new engine.Instance(new engine.Module(kernelBytes())).exports);
  } catch {
    return null; // an engine without SIMD does not know the opcodes: the twin gives the same numbers, slower
  }
}

function bind({ memory: { buffer }, measure32, measure64 }: InstanceType<Engine['Instance']>['exports']): BlockKernel {
  const sides = {
    single: [new Float32Array(buffer, SUBJECT, BLOCK), new Float32Array(buffer, REFERENCE, BLOCK)],
    double: [new Float64Array(buffer, SUBJECT, BLOCK), new Float64Array(buffer, REFERENCE, BLOCK)],
  } as const;
  const results = new Float64Array(buffer, RESULTS, 32);
  const words = new Uint32Array(buffer, RESULTS, 64);
  const tables = new Uint32Array(buffer, HISTOGRAMS, LANES * BUCKETS);
  return (subject, reference, what, out) => {
    const single = isFloat32(subject) && isFloat32(reference);
    const padded = Math.ceil(subject.length / LANES) * LANES;
    for (const [k, numbers] of [subject, reference].entries()) {
      const side = (single ? sides.single : sides.double)[k] as Floats;
      side.set(numbers);
      side.fill(0, numbers.length, padded);
    }
    const measure = single ? measure32 : measure64;
    measure(padded, what.absolute, what.relative, what.lowest, what.precision);
    return read(results, words, tables, subject.length, padded - subject.length, out);
  };
}

/** Copies the results out. `padding`: zeros on both sides that were counted as equal. */
function read(
  results: Float64Array,
  words: Uint32Array,
  tables: Uint32Array,
  elements: number,
  padding: number,
  out: Block,
): boolean {
  for (let k = 0; k < SUMS; k++) out.sums[k] = addLanes(results, 4 * k);
  if (!out.sums.every(Number.isFinite)) return false;
  const largest = (vector: number): number =>
    Math.max(results[2 * vector] as number, results[2 * vector + 1] as number);
  const counted = (vector: number): number => (words[4 * vector] as number) + (words[4 * vector + 2] as number);
  out.maxAbs = largest(VECTORS.maxAbs);
  out.maxRelative = largest(VECTORS.maxRelative);
  out.equal = counted(VECTORS.equal) - padding;
  out.exceeding = counted(VECTORS.exceeding);
  out.compared = elements;
  out.nonFiniteSubject = out.nonFiniteReference = out.nonFiniteAlike = out.nonFinite = 0;
  for (let k = 0; k < BUCKETS; k++) {
    const [first, second] = [(tables[k] as number) + (tables[k + BUCKETS] as number), k + 2 * BUCKETS];
    out.histogram[k] = first + (tables[second] as number) + (tables[second + BUCKETS] as number);
  }
  out.histogram[0] = (out.histogram[0] as number) - padding;
  return true;
}

/** Not `instanceof`: a test's realm has typed arrays of its own. */
export const isFloat32 = (numbers: Floats): numbers is Float32Array => numbers[Symbol.toStringTag] === 'Float32Array';
