import { permutations } from '../layout.ts';
import { sampleDistance } from '../metrics/sketch.ts';
import { indexOf, stridesOf } from '../shape.ts';
import { toNumbers } from '../tensor.ts';
import type { Sketch } from '../types/sketch.ts';
import type { Shape, TensorSource } from '../types/tensor.ts';

/** One tensor whose layout is in question. */
export interface LayoutQuestion {
  readonly tensor: string;
  readonly subject: TensorSource;
  readonly shape: Shape;
  /** The reference's own (chained) value; a bug upstream makes it differ, so it advises and does not decide alone. */
  readonly sketch: Sketch | null;
  /** Axis letters that the trace declares, e.g. NHWC. */
  readonly declared: string | null;
}

/** The axes of the subject's tensor that hold each axis of the reference's, and why. */
export interface Layout {
  readonly axes: readonly number[];
  readonly why: string;
}

/** An order of axes fits the values where it is this much nearer than any other. */
const CLEARLY = 0.5;

/** So many images whose sizes leave the order open must tell the same one, and all of them, to be believed without a declaration. */
const AGREE = 3;

/**
 * Settles the layout of every tensor: as declared; else the only order of axes that the shapes allow; else, where sizes leave several open,
 * the one that the values tell, or that the settled ones of the same rank follow. Another order than the reference's is taken only where the
 * trace as a whole uses it: one tensor alone in another order is a transposition forgotten, which must not be mended here.
 * @returns nothing for a tensor that is in the reference's own layout, or that no order of axes makes fit
 */
export function settleLayouts(questions: readonly LayoutQuestion[]): ReadonlyMap<string, Layout> {
  const found = new Map<string, Layout>();
  const open: Open[] = [];
  const votes = new Map<string, number>();
  for (const question of questions) {
    const declared = declaredAxes(question);
    const fitting = declared === null ? conventions(question) : [declared];
    const [only] = fitting;
    if (only === undefined) continue;
    if (fitting.length > 1) open.push({ question, fitting, told: byValue(question, fitting) });
    else settle(question, only, declared === null ? 'the only order of axes that fits the shape' : 'declared');
  }
  const used = new Set([...votes.keys(), ...unanimous(open)]);
  for (const { question, fitting, told } of open) {
    const allowed = fitting.filter((axes) => isOwn(axes) || used.has(keyOf(axes)));
    if (told !== null && allowed.includes(told)) settle(question, told, 'the order of axes that the values tell');
    else settle(question, byConvention(allowed, votes), 'the order of axes of the other tensors');
  }
  return found;

  function settle({ tensor }: LayoutQuestion, axes: readonly number[], why: string): void {
    votes.set(keyOf(axes), (votes.get(keyOf(axes)) ?? 0) + 1);
    if (!isOwn(axes)) found.set(tensor, { axes, why: `axes ${axes.join(', ')}: ${why}` });
  }
}

/** A tensor whose sizes leave its order of axes open, and the one that its values tell. */
interface Open {
  readonly question: LayoutQuestion;
  readonly fitting: readonly (readonly number[])[];
  readonly told: readonly number[] | null;
}

const isOwn = (axes: readonly number[]): boolean => axes.every((axis, i) => axis === i);
const keyOf = (axes: readonly number[]): string => `${axes.length}:${axes.join()}`;

/** Orders that every open image of one rank tells. */
function unanimous(open: readonly Open[]): readonly string[] {
  return [4, 5].flatMap((rank) => {
    const told = open.filter(({ question }) => question.shape.length === rank).map((o) => o.told);
    const keys = new Set(told.map((axes) => (axes === null ? '' : keyOf(axes))));
    return told.length >= AGREE && keys.size === 1 && !keys.has('') ? [...keys] : [];
  });
}

/** The layouts in use: the reference's own, channels last for channels first, and the other way about. */
function conventions({ subject, shape }: LayoutQuestion): readonly (readonly number[])[] {
  const rank = shape.length;
  if (subject.shape.length !== rank) return [];
  const own = shape.map((_, i) => i);
  const orders = rank < 3 ? [own] : [own, [0, rank - 1, ...own.slice(1, -1)], [0, ...own.slice(2), 1]];
  const fits = (order: readonly number[]): boolean => order.every((from, axis) => subject.shape[from] === shape[axis]);
  const fitting = orders.filter(fits);
  const different = new Map(fitting.map((order) => [order.join(), order]));
  return different.size > 0 ? [...different.values()] : permutationsThatFit(subject.shape, shape);
}

/** Any order of axes, where only one fits. */
function permutationsThatFit(mine: Shape, theirs: Shape): readonly (readonly number[])[] {
  if (theirs.length < 2 || theirs.length > 6) return [];
  const orders = permutations(theirs.length).filter((order) =>
    order.every((from, axis) => mine[from] === theirs[axis]),
  );
  return orders.length === 1 ? orders : [];
}

/** `NHWC` against the reference's `NCHW` (the usual letters of its rank). */
function declaredAxes({ declared, shape }: LayoutQuestion): readonly number[] | null {
  const usual = ['', 'N', 'NC', 'NCL', 'NCHW', 'NCDHW'][shape.length];
  if (declared === null || usual === undefined || declared.length !== shape.length) return null;
  const letters = declared
    .toUpperCase()
    .replace('W', shape.length === 3 && !declared.toUpperCase().includes('L') ? 'L' : 'W');
  const axes = [...usual].map((letter) => letters.indexOf(letter));
  return axes.every((axis) => axis >= 0) ? axes : null;
}

function byValue(
  { subject, shape, sketch }: LayoutQuestion,
  fitting: readonly (readonly number[])[],
): readonly number[] | null {
  if (sketch === null) return null;
  const data = toNumbers(subject.read());
  const strides = stridesOf(subject.shape);
  const distances = fitting.map((axes) => ({
    axes,
    distance: sampleDistance(sketch, (offset) => {
      const index = indexOf(offset, shape);
      return data[index.reduce((sum, i, axis) => sum + i * (strides[axes[axis] as number] as number), 0)] as number;
    }),
  }));
  distances.sort((a, b) => a.distance - b.distance);
  const [best, second] = distances;
  if (best === undefined || second === undefined) return null;
  return best.distance <= CLEARLY * second.distance ? best.axes : null;
}

function byConvention(fitting: readonly (readonly number[])[], votes: ReadonlyMap<string, number>): readonly number[] {
  const count = (axes: readonly number[]): number => votes.get(keyOf(axes)) ?? 0;
  return [...fitting].sort((a, b) => count(b) - count(a))[0] as readonly number[];
}
