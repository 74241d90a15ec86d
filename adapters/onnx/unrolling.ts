import { intAttribute, intsAttribute } from '../../harness/attributes.ts';
import { axisOf } from '../../harness/shape.ts';
import { fromNumbers, int64, toNumbers } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { Unroller, Unrolling } from './control-flow.ts';
import { int, ints } from './rule.ts';

/** A loop that would be written out as more nodes than this stays a loop. */
const MOST_NODES = 20_000;

/** The branch that was taken. */
export const unrollIf: Unroller = (to) => {
  const condition = known(to, 0);
  const branch = condition && graphOf(to, toNumbers(condition)[0] === 0 ? 'else_branch' : 'then_branch');
  if (!branch) return false;
  to.run(branch, [], '').forEach((result, i) => passOn(to, result, i));
  return true;
};

/** The body once a turn: inputs are turn, condition, carried values; outputs are condition, carried values, and what is collected. */
export const unrollLoop: Unroller = (to) => {
  const body = graphOf(to, 'body');
  const carriedCount = to.node.inputs.length - 2;
  const turns = body && turnsOf(to, body, carriedCount);
  if (!body || turns === undefined || !isWorthIt(to, body, turns, carriedCount)) return false;
  let carried = to.node.inputs.slice(2);
  const collected = body.outputs.slice(1 + carriedCount).map((): string[] => []);
  for (let turn = 0; turn < turns; turn++) {
    const [count, go] = [to.constant(int64([], [turn])), to.constant(fromNumbers('bool', [], [1]))];
    const results = to.run(body, [count, go, ...carried], `${turn}/`).slice(1);
    carried = results.slice(0, carriedCount);
    collected.forEach((list, i) => list.push(results[carriedCount + i] as string));
  }
  carried.forEach((name, i) => passOn(to, name, i));
  collected.forEach((parts, i) => stack(to, parts, 0, carriedCount + i));
  return true;
};

/** The body once a slice: inputs are states, then one slice of every sequence; outputs are states, then what is collected. */
export const unrollScan: Unroller = (to) => {
  const body = graphOf(to, 'body');
  const { attributes, inputs } = to.node;
  const sequences = inputs.slice(inputs.length - intAttribute(attributes, 'num_scan_inputs', 0));
  const stateCount = inputs.length - sequences.length;
  // Version 8 had a batch axis and lengths.
  if (!body || to.opset < 9 || sequences.length === 0) return false;
  const axes = sequences.map((name, i) => axisOf(listed(to, 'scan_input_axes', i), to.concrete.shape(name).length));
  const turns = to.concrete.shape(sequences[0] as string)[axes[0] as number] as number;
  if (!isWorthIt(to, body, turns, stateCount)) return false;
  let states = inputs.slice(0, stateCount);
  const collected = body.outputs.slice(stateCount).map((): string[] => []);
  for (let turn = 0; turn < turns; turn++) {
    const slices = sequences.map((name, i) => {
      const position = listed(to, 'scan_input_directions', i) === 0 ? turn : turns - 1 - turn;
      return to.emit('Gather', [name, to.constant(int64([], [position]))], [''], { axis: int(axes[i] as number) });
    });
    const results = to.run(body, [...states, ...slices], `${turn}/`);
    states = results.slice(0, stateCount);
    collected.forEach((list, i) => list.push(results[stateCount + i] as string));
  }
  states.forEach((name, i) => passOn(to, name, i));
  collected.forEach((parts, i) => {
    const ordered = listed(to, 'scan_output_directions', i) === 0 ? parts : parts.toReversed();
    stack(to, ordered, listed(to, 'scan_output_axes', i), stateCount + i);
  });
  return true;
};

/** Element i of a list of integers; 0 where the list is not given. */
const listed = (to: Unrolling, name: string, i: number): number => intsAttribute(to.node.attributes, name, [])[i] ?? 0;

function graphOf(to: Unrolling, name: string): Graph | undefined {
  const found = to.node.attributes[name];
  return found?.kind === 'graph' ? found.value : undefined;
}

function known(to: Unrolling, slot: number): Tensor | undefined {
  const name = to.node.inputs[slot] ?? '';
  return name === '' ? undefined : to.concrete.constant(name);
}

/** What is collected says how often the body ran; without it the trip count does, if nothing can end the loop before. */
function turnsOf(to: Unrolling, body: Graph, carried: number): number | undefined {
  const collects = to.node.outputs.slice(carried).find((name) => name !== '');
  if (collects !== undefined) return to.concrete.shape(collects)[0];
  const go = known(to, 1);
  const begins = (to.node.inputs[1] ?? '') === '' || (go && toNumbers(go)[0] !== 0);
  const most = known(to, 0);
  return begins && most && alwaysGoesOn(body) ? toNumbers(most)[0] : undefined;
}

/** True where the body's own condition is the one it was given, or the constant true. */
function alwaysGoesOn(body: Graph): boolean {
  const [, given] = body.inputs;
  let name = body.outputs[0]?.name;
  for (;;) {
    if (name === given?.name) return true;
    const constant = body.initializers.get(name ?? '')?.read();
    if (constant) return toNumbers(constant)[0] === 1;
    const maker = body.nodes.find(({ outputs }) => outputs.includes(name ?? ''));
    const value = maker?.op === 'Constant' ? maker.attributes['value'] : undefined;
    if (value?.kind === 'tensor') return toNumbers(value.value)[0] === 1;
    if (maker?.op !== 'Identity') return false;
    [name] = maker.inputs;
  }
}

/** Neither too much, nor a collection of nothing, whose shape no node would give. */
function isWorthIt(to: Unrolling, body: Graph, turns: number, kept: number): boolean {
  return turns * body.nodes.length <= MOST_NODES && (turns > 0 || to.node.outputs.length <= kept);
}

function passOn(to: Unrolling, name: string, output: number): void {
  const target = to.node.outputs[output] ?? '';
  if (target !== '') to.emit('Identity', [name], [target]);
}

function stack(to: Unrolling, parts: readonly string[], axis: number, output: number): void {
  const target = to.node.outputs[output] ?? '';
  if (target === '') return;
  const wide = parts.map((part) =>
    to.opset < 13
      ? to.emit('Unsqueeze', [part], [''], { axes: ints([axis]) })
      : to.emit('Unsqueeze', [part, to.constant(int64([1], [axis]))], ['']),
  );
  to.emit('Concat', wide, [target], { axis: int(axis) });
}
