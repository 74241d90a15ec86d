import { intAttribute, tensorAttribute } from '../../harness/attributes.ts';
import type { Attribute, Graph, GraphNode } from '../../harness/types/graph.ts';
import { elementName } from '../onnx/elements.ts';
import { subgraphsOf } from '../onnx/names.ts';

/** ONNX's name of an element type; `sequence` and `optional` for what is no tensor; null where only ONNX Runtime knows. */
export type ElementName = string | null;

/**
 * Element type of every tensor of a graph, by the standard's type rules. ONNX Runtime could say it, too, but only of a
 * graph output, and some types abort it or make it refuse the whole model when they are one: those have to be known before.
 */
export function inferTypes(
  graph: Graph,
  outer: ReadonlyMap<string, ElementName> = new Map(),
): Map<string, ElementName> {
  const types = new Map<string, ElementName>(outer);
  for (const { name, dtype } of graph.inputs) types.set(name, dtype);
  for (const [name, source] of graph.initializers)
    types.set(
      name,
      held(() => source.dtype),
    );
  for (const node of graph.nodes) {
    const outputs = outputTypes(node, types);
    node.outputs.forEach((output, slot) => {
      if (output !== '') types.set(output, outputs[Math.min(slot, outputs.length - 1)] ?? null);
    });
  }
  return types;
}

/** The types of the outputs, in order; the last one stands for all that follow. */
type TypeRule = (node: GraphNode, types: ReadonlyMap<string, ElementName>) => readonly ElementName[];

function outputTypes(node: GraphNode, types: ReadonlyMap<string, ElementName>): readonly ElementName[] {
  if (node.domain !== '') return [null];
  return (RULES[node.op] ?? like(0))(node, types);
}

const typeOf = (node: GraphNode, slot: number, types: ReadonlyMap<string, ElementName>): ElementName =>
  types.get(node.inputs[slot] ?? '') ?? null;

const like =
  (...slots: number[]): TypeRule =>
  (node, types) =>
    slots.map((slot) => typeOf(node, slot, types));

const always =
  (...names: ElementName[]): TypeRule =>
  () =>
    names;

/** The first output like an input, the others fixed. */
const likeThen =
  (slot: number, ...names: ElementName[]): TypeRule =>
  (node, types) => [typeOf(node, slot, types), ...names];

/** The type that an attribute says by its number, or else that of an input, or else a default. */
const said =
  (attribute: string, slot: number | null, otherwise: ElementName = null): TypeRule =>
  (node, types) => {
    const number = intAttribute(node.attributes, attribute, 0);
    if (number !== 0) return [elementName(number)];
    return [(slot !== null && node.inputs[slot] ? typeOf(node, slot, types) : null) ?? otherwise];
  };

const constant: TypeRule = (node) => {
  const kind = Object.keys(node.attributes)[0] ?? '';
  if (kind.startsWith('value_float')) return ['float32'];
  if (kind.startsWith('value_int')) return ['int64'];
  if (kind.startsWith('value_string')) return ['string'];
  return [ofTensor(node.attributes[kind])];
};

/** If, Loop and Scan: what their bodies give, after the leading outputs of a body that are not theirs. */
const body =
  (skip: number): TypeRule =>
  (node, types) => {
    const graph = subgraphsOf(node)[0];
    if (graph === undefined) return [null];
    const inner = inferTypes(withInputs(graph, node, types), types);
    return graph.outputs.slice(skip).map(({ name, dtype }) => dtype ?? inner.get(name) ?? null);
  };

/** A body's inputs often say no type: Loop and Scan hand theirs on in order. */
function withInputs(graph: Graph, node: GraphNode, types: ReadonlyMap<string, ElementName>): Graph {
  const inputs = graph.inputs.map((input, slot) => {
    if (input.dtype !== null) return input;
    if (node.op === 'Loop' && slot < 2) return { ...input, dtype: slot === 0 ? ('int64' as const) : ('bool' as const) };
    return { ...input, dtype: typeOf(node, slot, types) as never };
  });
  return { ...graph, inputs };
}

const ofTensor = (attribute: Attribute | undefined): ElementName =>
  attribute?.kind === 'tensor' ? held(() => attribute.value.dtype) : null;

/** A type that we cannot hold has no name of ours: asking for it throws. */
function held(dtype: () => ElementName): ElementName {
  try {
    return dtype();
  } catch {
    return 'unheld';
  }
}

const families = (rule: TypeRule, ops: string): Record<string, TypeRule> =>
  Object.fromEntries(ops.split(' ').map((op) => [op, rule]));

/** Operators whose outputs are not all of the type of their first input. */
const RULES: Readonly<Record<string, TypeRule>> = {
  ...families(
    always('bool'),
    'Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not IsNaN IsInf OptionalHasElement',
  ),
  ...families(always('int64'), 'Shape Size ArgMax ArgMin NonZero NonMaxSuppression SequenceLength'),
  ...families(always('int32'), 'ConvInteger MatMulInteger'),
  ...families(
    always('sequence'),
    'SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceMap SplitToSequence',
  ),
  ...families(always(null), 'SequenceAt ConcatFromSequence OptionalGetElement'),
  ...families(likeThen(0, 'int64'), 'MaxPool TopK Unique'),
  ...families(said('dtype', null, 'float32'), 'RandomNormal RandomUniform'),
  ...families(said('dtype', 0), 'RandomNormalLike RandomUniformLike EyeLike Bernoulli'),
  ...families(said('output_datatype', null, 'float32'), 'HannWindow HammingWindow BlackmanWindow MelWeightMatrix'),
  Optional: always('optional'),
  RegexFullMatch: always('bool'),
  StringSplit: always('string', 'int64'),
  TfIdfVectorizer: always('float32'),
  ImageDecoder: always('uint8'),
  Dropout: likeThen(0, 'bool'),
  Where: like(1),
  OneHot: like(2),
  ...families(said('to', null), 'Cast BitCast'),
  CastLike: like(1),
  Multinomial: said('dtype', null, 'int32'),
  ConstantOfShape: (node) => [
    tensorAttribute(node.attributes, 'value') ? ofTensor(node.attributes['value']) : 'float32',
  ],
  Constant: constant,
  QuantizeLinear: (node, types) => {
    const zeroPoint = node.inputs[2] ? typeOf(node, 2, types) : null;
    return zeroPoint === null ? said('output_dtype', null, 'uint8')(node, types) : [zeroPoint];
  },
  DequantizeLinear: said('output_dtype', 1),
  DynamicQuantizeLinear: always('uint8', 'float32', 'uint8'),
  ...families(like(7), 'QLinearConv QLinearMatMul'),
  // Y is like X; running and saved statistics are like the given mean.
  BatchNormalization: like(0, 3),
  LayerNormalization: (node, types) => [
    typeOf(node, 0, types),
    elementName(intAttribute(node.attributes, 'stash_type', 1)),
  ],
  Attention: like(0, 1, 2, 0),
  If: body(0),
  Loop: body(1),
  Scan: body(0),
};
