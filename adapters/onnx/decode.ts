import type { Attribute, Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { decodeAttribute } from './attribute.ts';
import { at, invalid } from './faults.ts';
import type { GraphProto, NodeProto, ValueInfoProto } from './messages.ts';
import { canonical, countNode, enter, functionKey, type Scope } from './scope.ts';
import { sortNodes } from './sort.ts';
import { decodeSparse } from './sparse.ts';
import { decodeSource } from './tensors.ts';
import { decodeValue } from './values.ts';

/**
 * Decodes a graph: functions unfolded, nodes sorted and named.
 * @param inner true for a sub-graph, which may read tensors of the graphs around it
 * @throws E_MODEL naming node and tensor where the graph is not valid
 */
export function decodeGraph(proto: GraphProto, opset: Graph['opset'], scope: Scope, inner: boolean): Graph {
  const initializers = decodeInitializers(proto, scope);
  const all = decodeValues(proto.input, 'input', scope);
  // Up to IR 3 every initializer is listed as an input too; later, an input with an initializer has a default.
  const inputs = all.filter(({ name }) => !initializers.has(name));
  const nodes: GraphNode[] = [];
  decodeNodes(proto.node, opset, scope, namer(), nodes);
  const known = new Set([...initializers.keys(), ...inputs.map(({ name }) => name)]);
  const sorted = sortNodes(nodes, known, inner, scope.place);
  const outputs = decodeValues(proto.output, 'output', scope, inner);
  if (!inner) checkOutputs(outputs, known, sorted, scope.place);
  return { name: proto.name, nodes: sorted, inputs, outputs, initializers, opset };
}

function decodeInitializers(proto: GraphProto, scope: Scope): Map<string, TensorSource> {
  const initializers = new Map<string, TensorSource>();
  const found = [
    ...proto.initializer.map((bytes) => decodeSource(bytes, scope)),
    ...proto.sparseInitializer.map((sparse) => decodeSparse(sparse, scope)),
  ];
  for (const { name, source } of found) {
    if (name === '') throw invalid(scope.place, 'has an initializer without a name');
    const unique = scope.rename(name);
    if (initializers.has(unique)) throw invalid(at(scope.place, 'tensor', name), 'is an initializer twice');
    initializers.set(unique, source);
  }
  return initializers;
}

/** A sub-graph may return one tensor twice; nothing else may be listed twice. */
function decodeValues(protos: readonly ValueInfoProto[], what: string, scope: Scope, repeats = false): ValueInfo[] {
  const seen = new Set<string>();
  return protos.map((proto) => {
    const place = at(scope.place, what, proto.name);
    if (proto.name === '') throw invalid(scope.place, `has an ${what} without a name`);
    if (seen.has(proto.name) && !repeats) throw invalid(place, 'is listed twice');
    seen.add(proto.name);
    return decodeValue(proto, scope.rename(proto.name), place);
  });
}

function checkOutputs(
  outputs: readonly ValueInfo[],
  known: ReadonlySet<string>,
  nodes: readonly GraphNode[],
  place: string,
): void {
  if (outputs.length === 0) throw invalid(place, 'has a graph without outputs');
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  for (const { name } of outputs) {
    if (!produced.has(name) && !known.has(name)) throw invalid(at(place, 'output', name), 'is produced by no node');
  }
}

/** Gives names that are unique in one graph. */
function namer(): (wish: string) => string {
  const taken = new Set<string>();
  return (wish) => {
    let name = wish;
    for (let i = 2; taken.has(name); i++) name = `${wish}#${i}`;
    taken.add(name);
    return name;
  };
}

function decodeNodes(
  protos: readonly NodeProto[],
  opset: Graph['opset'],
  scope: Scope,
  unique: (wish: string) => string,
  into: GraphNode[],
): void {
  for (const proto of protos) {
    const domain = canonical(proto.domain);
    const first = proto.output.find((name) => name !== '') ?? '';
    const name = unique(scope.prefix + (proto.name || `${proto.opType}:${first}`));
    const fn = scope.functions.get(functionKey(domain, proto.opType, proto.overload));
    if (fn) {
      const body = enter(proto, name, fn, scope);
      decodeNodes(fn.node, opset, body, unique, into);
      for (const node of passThrough(proto, fn.input, fn.output, scope, name)) into.push(node);
    } else {
      countNode(scope);
      into.push(decodeNode(proto, domain, name, opset, scope));
    }
  }
}

/** An output of a function that is one of its inputs is produced by no node of it: the caller's tensor needs one. */
function passThrough(
  call: NodeProto,
  formals: readonly string[],
  results: readonly string[],
  scope: Scope,
  name: string,
): GraphNode[] {
  return results.flatMap((formal, i) => {
    const output = scope.rename(call.output[i] ?? '');
    if (output === '' || !formals.includes(formal)) return [];
    const input = scope.rename(call.input[formals.indexOf(formal)] ?? '');
    return [
      { name: `${name}/${formal}`, op: 'Identity', domain: '', inputs: [input], outputs: [output], attributes: {} },
    ];
  });
}

function decodeNode(proto: NodeProto, domain: string, name: string, opset: Graph['opset'], scope: Scope): GraphNode {
  const place = at(scope.place, 'node', name);
  if (proto.opType === '') throw invalid(place, 'has no operator');
  if (!scope.domains.has(domain)) {
    throw invalid(
      place,
      `is of the domain "${domain || 'ai.onnx'}", whose operator-set version the model does not give`,
    );
  }
  const attributes: Record<string, Attribute> = {};
  for (const given of proto.attribute) {
    const found = scope.resolve(given);
    if (found === undefined) continue;
    if (Object.hasOwn(attributes, given.name)) throw invalid(place, `has two attributes "${given.name}"`);
    const graph = (g: GraphProto): Graph => decodeGraph(g, opset, found.scope, true);
    // A Constant's sparse tensor is decoded into a dense one, and a dense one it stays.
    const key = proto.opType === 'Constant' && given.name === 'sparse_value' ? 'value' : given.name;
    Object.defineProperty(attributes, key, {
      value: decodeAttribute(found.attribute, { place, directory: scope.directory }, graph),
      enumerable: true,
    });
  }
  return {
    name,
    op: proto.opType,
    domain,
    inputs: proto.input.map(scope.rename),
    outputs: proto.output.map(scope.rename),
    attributes,
  };
}
