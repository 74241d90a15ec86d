import { BYTES, bytesOf, isFloat } from '../../harness/tensor.ts';
import { sizeOf } from '../../harness/shape.ts';
import type { Attribute, Graph, GraphNode } from '../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { KINDS } from './attribute.ts';
import { elementNumber } from './elements.ts';
import { originalOf } from './opaque.ts';
import { encodeValue } from './values.ts';
import { encodeMessage, longOf } from './wire.ts';

/** The version that encoded models declare: new enough for every operator set, old enough for every ONNX Runtime that we support. */
const IR_VERSION = 10;
/** Initializers up to so many bytes are written into the model; what is larger is fed. */
const SMALL = 1024;

export interface EncodeOptions {
  /** Which initializers are written into the model; the others become inputs, to be fed. Default: those of up to 1,024 bytes or not float. */
  readonly inline?: (name: string, source: TensorSource) => boolean;
}

/**
 * Encodes a graph as a model. Weights are not copied into it unless `inline` says so. An input whose type the graph does not
 * know (of a cut tensor) is written without one, which ONNX Runtime refuses: give it a type first.
 */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array {
  const inline = options.inline ?? smallOrExact;
  const fed: object[] = [];
  const initializer: Uint8Array[] = [];
  for (const [name, source] of graph.initializers) {
    const original = originalOf(source);
    if (original) initializer.push(original);
    else if (inline(name, source)) initializer.push(encodeTensor(source.read(), name));
    else fed.push(encodeValue({ name, dtype: source.dtype, shape: source.shape }));
  }
  return encodeMessage('ModelProto', {
    irVersion: longOf(IR_VERSION),
    producerName: 'layerdiff',
    graph: { ...encodeBody(graph), input: [...graph.inputs.map(encodeValue), ...fed], initializer },
    opsetImport: [...graph.opset].map(([domain, version]) => ({ domain, version: longOf(version) })),
  });
}

/** A TensorProto. Strings are a list, all else is raw bytes. */
export function encodeTensor(tensor: Tensor, name: string): Uint8Array {
  const original = originalOf(tensor);
  if (original) return original;
  const head = { dims: tensor.shape.map(longOf), dataType: elementNumber(tensor.dtype), name };
  const strings = tensor.dtype === 'string';
  const data = strings
    ? encodeMessage('TensorBody', { stringData: (tensor.data as readonly string[]).map((s) => Buffer.from(s)) })
    : new Uint8Array(0);
  const start = encodeMessage('TensorHead', strings ? head : { ...head, rawData: bytesOf(tensor) });
  return data.length === 0 ? start : Buffer.concat([start, data]);
}

function smallOrExact(_name: string, source: TensorSource): boolean {
  return !isFloat(source.dtype) || sizeOf(source.shape) * BYTES[source.dtype] <= SMALL;
}

function encodeBody(graph: Graph): object {
  return {
    name: graph.name,
    node: graph.nodes.map(encodeNode),
    output: graph.outputs.map(encodeValue),
  };
}

/** Sub-graphs hold their initializers: nothing could feed them. */
function encodeSubgraph(graph: Graph): object {
  return {
    ...encodeBody(graph),
    input: graph.inputs.map(encodeValue),
    initializer: [...graph.initializers].map(
      ([name, source]) => originalOf(source) ?? encodeTensor(source.read(), name),
    ),
  };
}

function encodeNode(node: GraphNode): object {
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name,
    opType: node.op,
    attribute: Object.entries(node.attributes).map(encodeAttribute),
    domain: node.domain,
  };
}

function encodeAttribute([name, attribute]: [string, Attribute]): object {
  return { name, type: KINDS.indexOf(attribute.kind), ...encodeAttributeValue(attribute) };
}

function encodeAttributeValue(attribute: Attribute): object {
  switch (attribute.kind) {
    case 'float':
      return { f: attribute.value };
    case 'int':
      return { i: longOf(attribute.value) };
    case 'string':
      return { s: Buffer.from(attribute.value) };
    case 'tensor':
      return { t: encodeTensor(attribute.value, '') };
    case 'graph':
      return { g: encodeSubgraph(attribute.value) };
    case 'floats':
      return { floats: attribute.value };
    case 'ints':
      return { ints: attribute.value.map(longOf) };
    case 'strings':
      return { strings: attribute.value.map((s) => Buffer.from(s)) };
    case 'tensors':
      return { tensors: attribute.value.map((tensor) => encodeTensor(tensor, '')) };
    case 'graphs':
      return { graphs: attribute.value.map(encodeSubgraph) };
  }
}
