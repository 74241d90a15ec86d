import { LayerdiffError } from '../../harness/errors.ts';
import type { Attribute, Graph } from '../../harness/types/graph.ts';
import { at, invalid } from './faults.ts';
import type { AttributeProto, GraphProto } from './messages.ts';
import { decodeSparse } from './sparse.ts';
import { decodeAttributeTensor, type Origin } from './tensors.ts';
import { textOf } from './wire.ts';

/** AttributeProto.AttributeType, in the order of its numbers. */
export const KINDS = [
  '',
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse tensor',
  'sparse tensors',
  'type',
  'types',
] as const;

/** The field that holds each kind. */
const FIELDS: readonly (keyof AttributeProto | 'tp' | 'typeProtos' | 'sparseTensors')[] = [
  'name',
  'f',
  'i',
  's',
  't',
  'g',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparseTensor',
  'sparseTensors',
  'tp',
  'typeProtos',
];

/**
 * Decodes one attribute. A sparse tensor becomes a dense one.
 * @param graph decodes a sub-graph
 */
export function decodeAttribute(proto: AttributeProto, origin: Origin, graph: (proto: GraphProto) => Graph): Attribute {
  const place = at(origin.place, 'attribute', proto.name);
  switch (KINDS[typeOf(proto, place)]) {
    case 'float':
      return { kind: 'float', value: proto.f };
    case 'int':
      return { kind: 'int', value: proto.i.toNumber() };
    case 'string':
      return { kind: 'string', value: textOf(proto.s) };
    case 'tensor':
      return { kind: 'tensor', value: decodeAttributeTensor(proto.t, { ...origin, place }) };
    case 'graph':
      if (!proto.g) throw invalid(place, 'is a graph, but holds none');
      return { kind: 'graph', value: graph(proto.g) };
    case 'floats':
      return { kind: 'floats', value: [...proto.floats] };
    case 'ints':
      return { kind: 'ints', value: proto.ints.map((long) => long.toNumber()) };
    case 'strings':
      return { kind: 'strings', value: proto.strings.map(textOf) };
    case 'tensors':
      return { kind: 'tensors', value: proto.tensors.map((t) => decodeAttributeTensor(t, { ...origin, place })) };
    case 'graphs':
      return { kind: 'graphs', value: proto.graphs.map(graph) };
    case 'sparse tensor':
      if (!proto.sparseTensor) throw invalid(place, 'is a sparse tensor, but holds none');
      return { kind: 'tensor', value: decodeSparse(proto.sparseTensor, { ...origin, place }).source.read() };
    default:
      throw unsupported(place, KINDS[proto.type] ?? `attribute type ${proto.type}`);
  }
}

/** The kind's number; files of the first IR versions do not write it, but then hold exactly one field. */
function typeOf(proto: AttributeProto, place: string): number {
  if (proto.type !== 0) return proto.type;
  const found = FIELDS.findIndex((field, type) => type > 0 && isPresent(proto, field));
  if (found < 0) throw invalid(place, 'has neither a type nor a value');
  return found;
}

/** An empty list is on the wire what an absent one is. */
function isPresent(proto: AttributeProto, field: string): boolean {
  const value: unknown = proto[field as keyof AttributeProto];
  return Object.hasOwn(proto, field) && !(Array.isArray(value) && value.length === 0);
}

function unsupported(place: string, kind: string): LayerdiffError {
  const held = KINDS.slice(1, 12).join(', ');
  return new LayerdiffError(
    'E_UNSUPPORTED',
    place,
    `is of the kind "${kind}", which cannot be held`,
    `Use one of: ${held}.`,
  );
}
