import { floatsAttribute, intAttribute, intsAttribute, stringAttribute, stringsAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext } from '../../types/oracle.ts';
import { given, misfit } from './_context.ts';
import { makeValue, upTo } from './_kit.ts';

/** Counts the n-grams of a pool in each row of x [count] or [rows, count], elements up to `max_skip_count` apart; weighted by `mode`. */
export const tfIdfVectorizer: Operator = {
  op: 'TfIdfVectorizer',
  noDerivative: 'it counts',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { attributes } = context;
    const mode = stringAttribute(attributes, 'mode', 'TF');
    const weights = floatsAttribute(attributes, 'weights');
    const indexes = intsAttribute(attributes, 'ngram_indexes', []);
    const width = Math.max(-1, ...indexes) + 1;
    const tokens: readonly (string | number)[] = x.strings ?? Array.from(x.data);
    const rows = x.shape.length === 2 ? x.shape[0]! : 1;
    const perRow = tokens.length / Math.max(rows, 1);
    const grams = gramsOf(context);
    const out = makeValue('float32', x.shape.length === 2 ? [rows, width] : [width]);
    for (const row of upTo(rows)) {
      for (const gram of occurrences(context, tokens.slice(row * perRow, (row + 1) * perRow))) {
        const id = grams.get(gram);
        if (id === undefined) continue;
        const at = row * width + indexes[id]!;
        out.data[at] = mode === 'IDF' ? 1 : out.data[at]! + 1;
      }
    }
    const { round } = context.arithmetic;
    // One weight for each n-gram of the pool, at its place in the output.
    const weightAt = new Map(indexes.map((index, id) => [index, weights[id] ?? 1]));
    if (mode !== 'TF')
      for (const i of out.data.keys()) out.data[i] = round(out.data[i]! * (weightAt.get(i % width) ?? 1));
    return [out];
  },
};

const keyOf = (gram: readonly (string | number)[]): string => JSON.stringify(gram);

/** Every n-gram of the pool, and its number in it. `ngram_counts` says where those of each length start. */
function gramsOf(context: OperatorContext): Map<string, number> {
  const { attributes } = context;
  const strings = stringsAttribute(attributes, 'pool_strings');
  const pool: readonly (string | number)[] =
    strings.length > 0 ? strings : intsAttribute(attributes, 'pool_int64s', []);
  const starts = intsAttribute(attributes, 'ngram_counts', []);
  const grams = new Map<string, number>();
  let id = 0;
  for (const [k, start] of starts.entries()) {
    const end = starts[k + 1] ?? pool.length;
    if ((end - start) % (k + 1) !== 0) misfit(context, `${end - start} elements do not make ${k + 1}-grams`);
    for (let at = start; at < end; at += k + 1) grams.set(keyOf(pool.slice(at, at + k + 1)), id++);
  }
  return grams;
}

/** Every n-gram of a row, as often as it occurs: single elements once, longer ones for each distance between their elements. */
function* occurrences(context: OperatorContext, row: readonly (string | number)[]): Generator<string> {
  const { attributes } = context;
  const [shortest, longest] = [
    intAttribute(attributes, 'min_gram_length', 1),
    intAttribute(attributes, 'max_gram_length', 1),
  ];
  const skips = intAttribute(attributes, 'max_skip_count', 0);
  for (let distance = 1; distance <= skips + 1; distance++) {
    for (let length = distance === 1 ? shortest : Math.max(shortest, 2); length <= longest; length++) {
      for (let start = 0; start + (length - 1) * distance < row.length; start++) {
        yield keyOf(upTo(length).map((i) => row[start + i * distance]!));
      }
    }
  }
}
