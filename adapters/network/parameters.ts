import { sameShape } from '../../harness/shape.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { broken, guarded, listed, named } from './errors.ts';
import { handOver, isNumbers, isShaped, sameNumbers } from './tensors.ts';
import type { Named, Network, NetworkTensor } from './types.ts';

/** The network's parameters once they are loaded. */
export interface Loaded {
  /** What its layers find in their context. */
  readonly parameters: ReadonlyMap<string, NetworkTensor>;
  /** What it holds, in the reference's layout. */
  readonly held: ReadonlyMap<string, NetworkTensor>;
  /** Whether what it holds was read back and found equal to the reference's (or never left our hands). */
  readonly proven: boolean;
  /** Whether the network said which parameters it has; otherwise it was offered all of the reference's. */
  readonly owned: boolean;
}

/**
 * Puts the reference's parameters into the network and reads them back.
 *
 * @param offered the reference's, by the network's names
 * Throws E_SUBJECT listing every parameter that is missing, has another shape, or did not arrive as it was sent.
 */
export async function loadParameters(network: Network, offered: ReadonlyMap<string, TensorSource>): Promise<Loaded> {
  const place = `network "${network.name}"`;
  const sent = new Map([...offered].map(([name, source]) => [name, handOver(source.read())]));
  if (network.load) {
    const load = network.load.bind(network);
    // The network gets copies: what it does to them must not change what they are compared with.
    const copies = new Map([...sent].map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]));
    await guarded(`${place}, load`, () => load(named(copies, `${place}, load`, 'parameter')));
  } else if (network.parameters) fill(place, network.parameters, sent);
  const kept = await readBack(network, place);
  if (kept === null) return { parameters: sent, held: sent, proven: network.load === undefined, owned: false };
  proveEqual(place, kept, sent);
  const held = new Map(Object.entries(kept));
  return { parameters: new Map(Object.entries(network.parameters ?? kept)), held, proven: true, owned: true };
}

/** What the network holds, in the reference's layout; null where it says nothing of it. */
export async function readBack(network: Network, place: string): Promise<Named<NetworkTensor> | null> {
  if (!network.read) return network.parameters ?? null;
  const read = network.read.bind(network);
  const kept = await guarded(`${place}, read`, () => read());
  if (typeof kept !== 'object' || kept === null) {
    throw broken(`${place}, read`, 'returned no parameters', 'Return { name: { data, shape } }.');
  }
  return kept;
}

/** Copies the numbers into the network's own arrays, which its layers may hold on to. */
function fill(place: string, own: Named<NetworkTensor>, sent: ReadonlyMap<string, NetworkTensor>): void {
  const faults = Object.entries(own).flatMap(([name, tensor]) => shapeFault(name, tensor, sent) ?? []);
  if (faults.length > 0) throw differing(place, faults);
  for (const [name, { data }] of Object.entries(own)) data.set((sent.get(name) as NetworkTensor).data);
}

function proveEqual(place: string, kept: Named<NetworkTensor>, sent: ReadonlyMap<string, NetworkTensor>): void {
  const faults = Object.entries(kept).flatMap(([name, tensor]) => {
    const fault = shapeFault(name, tensor, sent);
    if (fault !== null) return [fault];
    const reference = sent.get(name) as NetworkTensor;
    return sameNumbers(tensor.data, reference.data) ? [] : [`"${name}" ${howItDiffers(tensor, reference)}`];
  });
  if (faults.length > 0) throw differing(place, faults);
}

function shapeFault(name: string, tensor: unknown, sent: ReadonlyMap<string, NetworkTensor>): string | null {
  const reference = sent.get(name);
  if (reference === undefined) return `"${name}" is not among the reference's, which are ${listed(sent.keys())}`;
  if (!isShaped(tensor) || !isNumbers(tensor.data)) return `"${name}" is no { data, shape }`;
  if (sameShape(tensor.shape, reference.shape) && tensor.data.length === reference.data.length) return null;
  return `"${name}" is [${tensor.shape.join(', ')}], the reference's is [${reference.shape.join(', ')}]`;
}

/** Says what was done to the numbers on the way, where it can be told. */
function howItDiffers(mine: NetworkTensor, theirs: NetworkTensor): string {
  if (sameNumbers(mine.data, transposed(theirs))) return 'was transposed';
  if (sameNumbers(mine.data.toSorted(), theirs.data.toSorted())) return 'has the same numbers in another order';
  if (mine.data.every((x) => x === 0)) return 'is all 0: it was not loaded';
  const wrong = [...mine.data.keys()].filter((i) => mine.data[i] !== theirs.data[i]);
  const first = wrong[0] as number;
  const numbers = `${mine.data[first]} for ${theirs.data[first]}`;
  return `differs in ${wrong.length} of ${mine.data.length} elements, first in element ${first} (${numbers})`;
}

/** The numbers of the matrix [first axis, rest] transposed, but read in the old shape. */
function transposed({ data, shape }: NetworkTensor): Float32Array {
  const out = data.slice();
  const rows = shape[0] ?? 1;
  const columns = data.length / Math.max(1, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j] as number;
  return out;
}

function differing(place: string, faults: readonly string[]) {
  const more = faults.length > 8 ? `; and ${faults.length - 8} more` : '';
  const reason = `does not hold the reference's parameters: ${faults.slice(0, 8).join('; ')}${more}`;
  const remedy = 'Map names with "names"; where layouts differ, convert in "load" and back in "read".';
  return broken(place, reason, remedy);
}
