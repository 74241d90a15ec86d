import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LayerdiffError } from '../../harness/errors.ts';
import type { Graph } from '../../harness/types/graph.ts';
import { decodeGraph } from './decode.ts';
import { at, invalid } from './faults.ts';
import { lifts } from './lift/_list.ts';
import type { FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto } from './messages.ts';
import { canonical, checkSize, collectNames, functionKey, type Scope } from './scope.ts';
import { damaged, decodeMessage } from './wire.ts';

/** The newest version of the format that schema.ts describes. */
const NEWEST_IR = 13;

/**
 * A model: functions unfolded, nodes sorted and uniquely named. Weights are read when asked for. Tensors of types that we
 * cannot hold (float8, int4, complex, …) are there too: an input or output of such a type has dtype null, and an initializer
 * or attribute throws E_UNSUPPORTED when its type or its elements are asked for.
 */
export interface Model {
  readonly graph: Graph;
  readonly irVersion: number;
  /** Name and version of the program that wrote it; '' where it does not say. */
  readonly producer: string;
}

/**
 * Reads a model; external data are looked for beside it.
 * @throws E_FILE where it cannot be read, and what {@link decodeModel} throws
 */
export function loadModel(path: string): Model {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const reason = `cannot be read (${(cause as Error).message})`;
    throw new LayerdiffError('E_FILE', path, reason, 'Check the path; a model beyond 2 GiB needs external data.', {
      cause,
    });
  }
  return decodeModel(bytes, { place: path, directory: dirname(path) });
}

/**
 * Decodes a model. Weights stay views on `bytes`, which must not change afterwards.
 * @param options.place what errors call the model
 * @param options.directory where external data may lie; null: none
 * @throws E_FORMAT for bytes that are no model; E_MODEL for a graph that is not valid ONNX, naming node and tensor;
 *   E_UNSUPPORTED for what the format allows and a graph here cannot hold
 */
export function decodeModel(bytes: Uint8Array, options: { place: string; directory: string | null }): Model {
  const { place, directory } = options;
  const proto = decodeMessage<ModelProto>('ModelProto', bytes, place);
  if (!proto.graph) throw damaged(place, 'it holds no graph');
  const irVersion = proto.irVersion.toNumber();
  checkVersion(irVersion, place);
  const opset = opsetOf(proto.opsetImport, irVersion, place);
  const functions = functionsOf(proto.functions, place);
  for (const fn of proto.functions) mergeOpset(opset, fn, place);
  checkSize(proto.graph, functions, place);
  const scope = rootScope(proto.graph, functions, opset, place, directory);
  return {
    graph: decodeGraph(proto.graph, opset, scope, false),
    irVersion,
    producer: `${proto.producerName} ${proto.producerVersion}`.trim(),
  };
}

function functionsOf(protos: readonly FunctionProto[], place: string): Map<string, FunctionProto> {
  const functions = new Map<string, FunctionProto>();
  for (const fn of protos) {
    const key = functionKey(fn.domain, fn.name, fn.overload);
    if (functions.has(key)) throw invalid(at(place, 'function', key), 'is defined twice');
    functions.set(key, fn);
  }
  return functions;
}

function rootScope(
  graph: GraphProto,
  functions: ReadonlyMap<string, FunctionProto>,
  opset: Graph['opset'],
  place: string,
  directory: string | null,
): Scope {
  const names = functions.size > 0 ? collectNames(graph, new Set()) : new Set<string>();
  const scope: Scope = {
    place,
    directory,
    functions,
    domains: new Set(opset.keys()),
    calls: [],
    prefix: '',
    book: { names, nodes: 0 },
    rename: (name) => name,
    resolve: (attribute) => {
      if (attribute.refAttrName === '') return { attribute, scope };
      throw invalid(place, `refers to attribute "${attribute.refAttrName}" outside a function`);
    },
  };
  return scope;
}

function checkVersion(irVersion: number, place: string): void {
  if (!(irVersion >= 1)) throw invalid(place, `has no valid IR version (${irVersion})`);
  if (irVersion <= NEWEST_IR) return;
  const reason = `is of IR version ${irVersion}, newer than ${NEWEST_IR}`;
  throw new LayerdiffError('E_UNSUPPORTED', place, reason, `Export it with an IR version up to ${NEWEST_IR}.`);
}

function opsetOf(imports: readonly OperatorSetIdProto[], irVersion: number, place: string): Map<string, number> {
  const opset = new Map<string, number>();
  for (const { domain, version } of imports) {
    const number = version.toNumber();
    const key = canonical(domain);
    if (!(number >= 1)) throw invalid(place, `imports version ${number} of operator set "${domain || 'ai.onnx'}"`);
    if ((opset.get(key) ?? number) !== number) {
      throw invalid(place, `imports two versions of operator set "${domain || 'ai.onnx'}"`);
    }
    opset.set(key, number);
  }
  // Before IR 3 there was only one operator set.
  if (opset.size === 0 && irVersion < 3) opset.set('', 1);
  return opset;
}

/**
 * A function brings its own operator sets; its nodes become the model's. Versions may differ where they mean the same:
 * where no operator of the function was changed between the two.
 */
function mergeOpset(opset: Map<string, number>, fn: FunctionProto, place: string): void {
  for (const { domain, version } of fn.opsetImport) {
    const key = canonical(domain);
    const theirs = version.toNumber();
    const ours = opset.get(key) ?? theirs;
    const [low, high] = [Math.min(ours, theirs), Math.max(ours, theirs)];
    const changed = lifts.find(
      ({ op, until, domain: of = '' }) => of === key && low < until && until <= high && uses(fn.node, op),
    );
    if (changed) {
      const reason = `uses ${changed.op} of operator set ${theirs}, but the model is of ${ours}, where it means something else`;
      const remedy = 'Export the model with one version throughout.';
      throw new LayerdiffError('E_UNSUPPORTED', at(place, 'function', fn.name), reason, remedy);
    }
    opset.set(key, ours);
  }
}

function uses(nodes: readonly NodeProto[], op: string): boolean {
  return nodes.some(
    ({ opType, attribute }) =>
      opType === op ||
      attribute.some(({ g, graphs }) => [...(g ? [g] : []), ...graphs].some(({ node }) => uses(node, op))),
  );
}
