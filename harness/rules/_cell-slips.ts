import type { Slip, Unit } from './_cell-back.ts';

/** A slip with its words; the cause where it is not a derivative that is wrong. */
export interface NamedSlip extends Slip {
  readonly claim: string;
  readonly fix: string;
  readonly cause?: string;
  /** True where nothing but what x gets is wrong. */
  readonly toInput?: boolean;
}

/** What is taken for a derivative; `ofWrong`: the right formula of the wrong value. */
interface Kind {
  readonly what: string;
  readonly of: Slope;
  readonly ofWrong?: true;
}

type Slope = (right: number, a: number, y: number) => number;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What is taken for the derivative of a function. */
const SLOPES: Readonly<Record<string, readonly Kind[]>> = {
  sigmoid: [
    { what: '1 (the derivative is left out)', of: () => 1 },
    { what: 'a · (1 − a), with a its argument,', of: (_, a) => a * (1 - a), ofWrong: true },
    {
      what: "σ′ of its output (σ′ takes σ's argument)",
      of: (_, _a, y) => sigmoid(y) * (1 - sigmoid(y)),
      ofWrong: true,
    },
    { what: "1 − y² (tanh's)", of: (_, _a, y) => 1 - y * y },
    { what: 'y alone', of: (_, _a, y) => y },
    { what: '1 − y alone', of: (_, _a, y) => 1 - y },
  ],
  tanh: [
    { what: '1 (the derivative is left out)', of: () => 1 },
    { what: '1 − a², with a its argument,', of: (_, a) => 1 - a * a, ofWrong: true },
    { what: '1 − tanh² of its output', of: (_, _a, y) => 1 - Math.tanh(y) ** 2, ofWrong: true },
    { what: '1 − y (not squared)', of: (_, _a, y) => 1 - y },
    { what: '1 + y²', of: (_, _a, y) => 1 + y * y },
    { what: "y · (1 − y) (sigmoid's)", of: (_, _a, y) => y * (1 - y) },
  ],
};
const ANY: readonly Kind[] = [{ what: '1 (the derivative is left out)', of: () => 1 }];

const WORDS: Readonly<Record<string, string>> = {
  state: 'the cell state',
  cell: 'the candidate',
  hidden: 'the candidate',
};
const wordsOf = (place: string): string => WORDS[place] ?? `the ${place} gate`;

/** Which of an operator's functions acts where. */
const PLACES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  LSTM: [['input', 'output', 'forget'], ['cell'], ['state']],
  GRU: [['update', 'reset'], ['hidden']],
  RNN: [['hidden']],
};

/** Derivatives that are left out, of another function or of another value: at one place, at all of one function, at all. */
export function* slopeSlips(op: string, functions: readonly string[]): Iterable<NamedSlip> {
  const places = (PLACES[op] ?? []).flatMap((each, i) =>
    each.map((place) => ({ place, name: functions[i] as string })),
  );
  const kinds = [...new Set(functions.map((name) => name.toLowerCase()))];
  for (const kind of kinds) {
    const of = places.filter(({ name }) => name.toLowerCase() === kind).map(({ place }) => place);
    const sets = [...of.map((place) => [place]), ...(of.length > 1 ? [of] : [])];
    for (const { what, of: slope, ofWrong } of SLOPES[kind] ?? ANY) {
      for (const set of sets) {
        const where = set
          .map(wordsOf)
          .join(', ')
          .replace(/, ([^,]*)$/, ' and $1');
        yield {
          claim: `on the way back the derivative of ${kind} of ${where} is ${what}${what.endsWith(',') ? ' and should be of its output' : ''}`,
          fix: `Multiply by the derivative of ${kind}: ${kind === 'tanh' ? '1 − y²' : kind === 'sigmoid' ? 'y · (1 − y)' : 'of what the forward pass computes'}, at every step.`,
          slope: (place, right, a, y) => (set.includes(place) ? slope(right, a, y) : right),
          ...(ofWrong ? { cause: 'gradient.derivative-of-wrong-value' } : {}),
        };
      }
    }
  }
  if (kinds.length < 2) return;
  yield {
    claim: 'on the way back the derivatives of all gates are left out',
    fix: 'Multiply by the derivative of each function.',
    slope: () => 1,
  };
  const kindOf = (place: string): string => places.find((each) => each.place === place)?.name.toLowerCase() ?? '';
  yield {
    cause: 'gradient.derivative-of-wrong-value',
    claim: 'on the way back the derivatives of all gates, formulas of their outputs, are computed from their arguments',
    fix: 'Keep the values of the gates (after their functions), and use these.',
    slope: (place, right, a) =>
      kindOf(place) === 'sigmoid' ? a * (1 - a) : kindOf(place) === 'tanh' ? 1 - a * a : right,
  };
}

type Factors = Readonly<Record<string, (unit: Unit, right: number) => number>>;

const factors = (claim: string, of: Factors, fix: string, cause?: string): NamedSlip => ({
  claim: `on the way back ${claim}`,
  fix,
  factor: (place, right, unit) => of[place]?.(unit, right) ?? right,
  ...(cause === undefined ? {} : { cause }),
});

const C = 'c = f∘c₋₁ + i∘c̃ and h = o∘tanh(c): each factor gets the gradient times the other.';
const STATES = 'Add what every path sends to the state before (+=).';
const PEEP = 'The peepholes read the cell state: send their part back to it.';
const none = (): number => 0;
const one = (): number => 1;

const LSTM: readonly NamedSlip[] = [
  factors('the output gate gets the cell state before its tanh', { output: (u) => u.after }, C),
  factors('the forget gate gets the new cell state, and should get the old one', { forget: (u) => u.after }, C),
  factors('the output gate is left out on the way to the cell state', { state: one }, C),
  factors('the forget gate is left out on the way to the cell state before', { before: one }, C),
  factors('the input gate stands where the forget gate belongs', { before: (u) => u.gates.input as number }, C),
  factors('the input gate gets its own value and not the candidate', { input: (u) => u.gates.input as number }, C),
  factors('the input gate is left out on the way to the candidate', { cell: one }, C),
  factors('the forget gate stands where the input gate belongs', { cell: (u) => u.gates.forget as number }, C),
  factors('the candidate gets its own value and not the input gate', { cell: (u) => u.gates.cell as number }, C),
  factors(
    'what belongs to the input gate goes to the forget gate, and the other way round',
    { input: (u) => u.c, forget: (u) => u.gates.cell as number },
    C,
  ),
  factors('nothing goes from the state to the cell', { state: none }, C, 'gradient.overwritten'),
];

const PEEPHOLES: readonly NamedSlip[] = [
  factors(
    'nothing goes through the peepholes to the cell state',
    { 'peephole input': none, 'peephole output': none, 'peephole forget': none },
    PEEP,
    'gradient.overwritten',
  ),
  ...['input', 'output', 'forget'].map((gate) =>
    factors(
      `nothing goes through the ${gate} gate's peephole to the cell state`,
      { [`peephole ${gate}`]: none },
      PEEP,
      'gradient.overwritten',
    ),
  ),
  factors(
    "the output gate's peephole is multiplied by the old cell state, and reads the new one",
    { 'peephole of the output': (u) => u.c },
    "The output gate's peephole reads the new cell state.",
    'gradient.derivative-of-wrong-value',
  ),
];

const H = 'h = (1 − z)∘h̃ + z∘h₋₁: z gets h₋₁ − h̃, h̃ gets 1 − z, h₋₁ gets z.';
const R = 'The reset gate multiplies on the way back as it does forward.';

const GRU: readonly NamedSlip[] = [
  factors('the update gate gets h̃ − h₋₁', { update: (_, right) => -right }, H, 'sign.flipped'),
  factors('the update gate gets h₋₁ alone', { update: (u) => u.h }, H),
  factors('the update gate gets −h̃ alone', { update: (u) => -(u.gates.hidden as number) }, H),
  factors('the candidate gets z, and should get 1 − z', { hidden: (u) => u.gates.update as number }, H),
  factors('the candidate gets the gradient without 1 − z', { hidden: one }, H),
  factors('nothing goes along z∘h₋₁ to the state before', { before: none }, STATES, 'recurrent.truncated'),
  factors('the state before gets 1 − z, and should get z', { before: (_, right) => 1 - right }, H),
  factors('the state before gets the gradient without z', { before: one }, H),
  factors('z and 1 − z are exchanged', { before: (_, r) => 1 - r, hidden: (_, r) => 1 - r }, H),
  factors("the reset gate is left out on the way to the candidate's state", { product: one }, R),
  factors('the reset gate gets the state, and should get the product of it', { reset: (u) => u.h }, R),
];

/** Factors that are left out, exchanged or of another value, and paths of the gradient that are forgotten. */
export function* factorSlips(op: string, gates: readonly string[], peepholes: boolean): Iterable<NamedSlip> {
  if (op === 'LSTM') yield* LSTM;
  if (op === 'LSTM' && peepholes) yield* PEEPHOLES;
  if (op === 'GRU') yield* GRU;
  if (gates.length < 2) return;
  for (const to of ['x', 'h'] as const) {
    const target = to === 'x' ? 'the input' : 'the state before';
    const fix = `Add what every gate sends to ${target} (+=).`;
    for (const gate of gates) {
      const cause = 'gradient.overwritten';
      const counts = (other: string, at: string): boolean => at !== to || other !== gate;
      yield {
        claim: `what ${wordsOf(gate)} sends back to ${target} is left out`,
        fix,
        cause,
        counts,
        toInput: to === 'x',
      };
      const only = (other: string, at: string): boolean => at !== to || other === gate;
      yield {
        claim: `of all gates only ${wordsOf(gate)} sends back to ${target}`,
        fix,
        cause,
        counts: only,
        toInput: to === 'x',
      };
    }
  }
}
