import { LayerdiffError } from '../../harness/errors.ts';
import { BYTES, isFloat } from '../../harness/tensor.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { DataType, Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Concrete } from '../onnx/rule.ts';
import type { ElementName } from './types.ts';

/** What one run of a graph showed, whatever it was fed with. */
export interface Shapes {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, ElementName>;
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Elements of computed integers, booleans and constants. */
  readonly elements: ReadonlyMap<string, Tensor>;
  readonly fixed: ReadonlySet<string>;
}

interface Known extends Shapes {
  readonly feeds: ReadonlyMap<string, TensorSource>;
  readonly aliases: ReadonlyMap<string, string>;
}

type Described = Map<string, TensorType>;

/** Answers what is asked of a concrete graph. Of a cut tensor it knows what was fed for it. */
export function lookUp(
  shapes: Shapes,
  feeds: ReadonlyMap<string, TensorSource>,
  aliases: ReadonlyMap<string, string>,
): Concrete & { described: Described } {
  const known: Known = { ...shapes, feeds, aliases };
  const described = describe(known);
  const cuts = new Map([...known.aliases].map(([input, tensor]) => [tensor, input]));
  const find = (name: string) => {
    const found = described.get(name);
    if (found === undefined) throw unheld(name, known.types.get(name) ?? null);
    return found;
  };
  return {
    described,
    shape: (name) => find(name).shape,
    dtype: (name) => find(name).dtype,
    constant: (name) => elementsOf(cuts.get(name) ?? name, known),
  };
}

function describe({ graph, types, shapes, feeds, aliases }: Known): Described {
  const described: Described = new Map();
  const produced = graph.nodes.flatMap((node) => node.outputs);
  for (const [name, source] of graph.initializers) if (isHeld(types.get(name))) described.set(name, brief(source));
  for (const name of produced) {
    const [dtype, shape] = [types.get(name) ?? null, shapes.get(name)];
    if (isHeld(dtype) && shape !== undefined) described.set(name, { dtype: dtype as DataType, shape });
  }
  for (const [name, source] of feeds) described.set(name, brief(source));
  for (const [input, tensor] of aliases) described.set(tensor, brief(feeds.get(input) as TensorSource));
  return described;
}

const brief = ({ dtype, shape }: TensorSource) => ({ dtype, shape });
const isHeld = (type: ElementName | undefined): boolean => typeof type === 'string' && Object.hasOwn(BYTES, type);

/** Elements of integers, and of floats that the network holds constant; also where they were cut. */
function elementsOf(name: string, { graph, elements, fixed, feeds, aliases }: Known): Tensor | undefined {
  const fed = feeds.get(name);
  if (fed === undefined) return elements.get(name) ?? graph.initializers.get(name)?.read();
  const held = !isFloat(fed.dtype) || fixed.has(aliases.get(name) ?? '');
  return held ? fed.read() : undefined;
}

function unheld(name: string, type: ElementName): LayerdiffError {
  return new LayerdiffError(
    'E_UNSUPPORTED',
    name,
    type === null
      ? 'nothing is known of this tensor'
      : `its type (${type === 'unheld' ? 'none that can be read' : type}) has no elements to compare`,
    `Supported types are: ${Object.keys(BYTES).join(', ')}.`,
  );
}

/** E_SHAPE: a recorded tensor cannot stand for the network's. */
export function wrongCut(name: string, expected: Shape, given: Shape): LayerdiffError {
  return new LayerdiffError(
    'E_SHAPE',
    name,
    `the recorded tensor has the shape [${given.join(', ')}], the network's has [${expected.join(', ')}]`,
    'Leave this tensor out, or record it in the layout of the reference.',
  );
}
