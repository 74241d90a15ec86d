import { LayerdiffError } from '../../harness/errors.ts';
import { at, invalid } from './faults.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from './messages.ts';
import type { Origin } from './tensors.ts';

/** Functions may call functions: a small file could unfold into a graph of any size. */
const MOST_NODES = 500_000;
const MOST_CALLS = 50;

/** What a name or an attribute means where it stands: in the model itself, or in the body of a function that a node calls. */
export interface Scope extends Origin {
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly domains: ReadonlySet<string>;
  /** Functions being unfolded, outermost first. */
  readonly calls: readonly string[];
  /** What the names of nodes start with. */
  readonly prefix: string;
  /** Shared by the whole model: tensor names in use, and nodes so far. */
  readonly book: { readonly names: Set<string>; nodes: number };
  /** A tensor's name in the finished graph. */
  readonly rename: (name: string) => string;
  /** The attribute that stands for this one, with the scope its own names belong to; undefined where the caller gives none. */
  readonly resolve: (attribute: AttributeProto) => Resolved | undefined;
}

export interface Resolved {
  readonly attribute: AttributeProto;
  readonly scope: Scope;
}

/** A function's identity. */
export const functionKey = (domain: string, name: string, overload: string): string =>
  `${canonical(domain)}::${name}${overload === '' ? '' : `::${overload}`}`;

/** 'ai.onnx' is the long name of ''. */
export const canonical = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** Counts a node that was unfolded. @throws E_LIMIT for a model beyond any honest size */
export function countNode(scope: Scope): void {
  scope.book.nodes++;
  if (!(scope.book.nodes <= MOST_NODES) && scope.functions.size > 0) throw tooLarge(scope.place);
}

/** Refuses, before it is tried, to unfold what would be too large. @throws E_LIMIT */
export function checkSize(graph: GraphProto, functions: ReadonlyMap<string, FunctionProto>, place: string): void {
  const sizes = new Map<string, number>();
  const sizeOf = (nodes: readonly NodeProto[], depth: number): number =>
    nodes.reduce((total, node) => {
      const graphs = node.attribute.flatMap(({ g, graphs: many }) => (g ? [g, ...many] : many));
      return graphs.reduce((sum, inner) => sum + sizeOf(inner.node, depth), total + called(node, depth));
    }, 0);
  const called = (node: NodeProto, depth: number): number => {
    const key = functionKey(node.domain, node.opType, node.overload);
    const fn = functions.get(key);
    if (!fn || depth > MOST_CALLS) return 1;
    if (!sizes.has(key)) {
      // One inside itself counts for nothing here: it is refused, with its name, when it is entered.
      sizes.set(key, 0);
      sizes.set(key, sizeOf(fn.node, depth + 1));
    }
    return sizes.get(key) ?? 0;
  };
  if (functions.size > 0 && !(sizeOf(graph.node, 0) <= MOST_NODES)) throw tooLarge(place);
}

function tooLarge(place: string): LayerdiffError {
  const reason = `has more than ${MOST_NODES} nodes once its functions are unfolded`;
  return new LayerdiffError('E_LIMIT', place, reason, 'Use a smaller model.');
}

/** The scope of a function's body, for one call of it. @throws E_MODEL where the call does not fit, or the function calls itself */
export function enter(call: NodeProto, name: string, fn: FunctionProto, outer: Scope): Scope {
  const place = at(outer.place, 'node', name);
  const key = functionKey(fn.domain, fn.name, fn.overload);
  if (outer.calls.includes(key)) {
    throw invalid(place, `calls function "${key}" inside itself (${[...outer.calls, key].join(' → ')})`);
  }
  if (!(outer.calls.length < MOST_CALLS)) {
    const reason = `calls functions inside functions, more than ${MOST_CALLS} deep`;
    throw new LayerdiffError('E_LIMIT', place, reason, 'Use a model with fewer levels of functions.');
  }
  if (call.input.length > fn.input.length || call.output.length > fn.output.length) {
    throw invalid(place, `gives function "${key}" more inputs or outputs than it has`);
  }
  const given = new Map<string, Resolved | undefined>();
  for (const attribute of fn.attributeProto) given.set(attribute.name, { attribute, scope: outer });
  for (const attribute of call.attribute) {
    const found = outer.resolve(attribute);
    if (found) given.set(attribute.name, found);
  }
  const prefix = `${name}/`;
  const scope: Scope = {
    ...outer,
    calls: [...outer.calls, key],
    prefix,
    rename: renamer(call, fn, outer, prefix),
    resolve: (attribute) => {
      if (attribute.refAttrName === '') return { attribute, scope };
      const found = given.get(attribute.refAttrName);
      return found && { attribute: renamed(found.attribute, attribute.name), scope: found.scope };
    },
  };
  return scope;
}

/** The attribute under another name. Fields that are absent stay absent. */
function renamed(attribute: AttributeProto, name: string): AttributeProto {
  return Object.assign(Object.create(Object.getPrototypeOf(attribute) as object), attribute, {
    name,
  }) as AttributeProto;
}

/** Formal inputs and outputs become the caller's tensors; all other names become new ones. */
function renamer(call: NodeProto, fn: FunctionProto, outer: Scope, prefix: string): (name: string) => string {
  const names = new Map([['', '']]);
  fn.output.forEach((formal, i) => {
    const actual = outer.rename(call.output[i] ?? '');
    if (actual !== '') names.set(formal, actual);
  });
  // After the outputs: what goes in and comes out unchanged is read under its own name.
  fn.input.forEach((formal, i) => names.set(formal, outer.rename(call.input[i] ?? '')));
  return (name) => {
    let found = names.get(name);
    if (found === undefined) {
      found = prefix + name;
      while (outer.book.names.has(found)) found += '_';
      outer.book.names.add(found);
      names.set(name, found);
    }
    return found;
  };
}

/** Every tensor name of a graph and its sub-graphs, added to `names`. */
export function collectNames(graph: GraphProto, names: Set<string>): Set<string> {
  for (const { name } of [...graph.input, ...graph.output]) names.add(name);
  for (const node of graph.node) {
    for (const name of node.output) names.add(name);
    for (const attribute of node.attribute) {
      if (attribute.g) collectNames(attribute.g, names);
      for (const g of attribute.graphs) collectNames(g, names);
    }
  }
  return names;
}
