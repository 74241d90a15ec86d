import { intAttribute, stringAttribute, stringsAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { stringsOf } from '../value.ts';
import { given, misfit, refuse } from './_context.ts';
import { makeValue } from './_kit.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

const noDerivative = 'strings have no derivative';

/** Strings joined element by element, with broadcasting. */
export const stringConcat: Operator = {
  op: 'StringConcat',
  noDerivative,
  forward(context, inputs) {
    const [a, b] = [given(context, inputs, 0), given(context, inputs, 1)];
    const shape = broadcastAll(context, [a.shape, b.shape]);
    const [left, right] = [broadcastOffsets(a.shape, shape), broadcastOffsets(b.shape, shape)];
    const [first, second] = [textsOf(context, a), textsOf(context, b)];
    return [
      stringsOf(
        shape,
        Array.from(left, (at, i) => `${first[at]}${second[right[i]!]}`),
      ),
    ];
  },
};

/** The parts of every string, padded with empty ones along a new last axis, and how many there are. Without a delimiter: at runs of white space. */
export const stringSplit: Operator = {
  op: 'StringSplit',
  noDerivative,
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const delimiter = stringAttribute(context.attributes, 'delimiter', '');
    const most = intAttribute(context.attributes, 'maxsplit', Number.POSITIVE_INFINITY);
    const parts = textsOf(context, x).map((text) => partsOf(text, delimiter, most));
    const width = Math.max(0, ...parts.map((list) => list.length));
    const padded = parts.flatMap((list) => Array.from({ length: width }, (_, i) => list[i] ?? ''));
    const counts = Float64Array.from(parts, (list) => list.length);
    return [stringsOf([...x.shape, width], padded), makeValue('int64', x.shape, counts)];
  },
};

function partsOf(text: string, delimiter: string, most: number): string[] {
  const parts: string[] = [];
  let rest = delimiter === '' ? text.trimStart() : text;
  if (delimiter === '' ? rest === '' : text === '') return parts;
  while (parts.length < most) {
    const found = delimiter === '' ? rest.search(/\s/) : rest.indexOf(delimiter);
    if (found < 0) break;
    parts.push(rest.slice(0, found));
    rest = delimiter === '' ? rest.slice(found).trimStart() : rest.slice(found + delimiter.length);
  }
  return delimiter === '' && rest === '' ? parts : [...parts, rest];
}

/** True where the pattern matches the whole string. Patterns are RE2's: what JavaScript does not read is refused. */
export const regexFullMatch: Operator = {
  op: 'RegexFullMatch',
  noDerivative,
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const pattern = stringAttribute(context.attributes, 'pattern', '');
    const expression = compiled(context, pattern);
    return [
      makeValue(
        'bool',
        x.shape,
        Float64Array.from(textsOf(context, x), (text) => (expression.test(text) ? 1 : 0)),
      ),
    ];
  },
};

function compiled(context: OperatorContext, pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return refuse(context, `the pattern ${pattern}`, 'Patterns that JavaScript reads as well are supported.');
  }
}

/** Leaves stop words out of a list of strings, [count] or [1, count], and changes the case of the rest. */
export const stringNormalizer: Operator = {
  op: 'StringNormalizer',
  noDerivative,
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { attributes } = context;
    if (x.shape.length > 2 || (x.shape.length === 2 && x.shape[0] !== 1))
      misfit(context, `input [${x.shape.join(', ')}]`);
    const exact = intAttribute(attributes, 'is_case_sensitive', 0) !== 0;
    const action = stringAttribute(attributes, 'case_change_action', 'NONE');
    const keyOf = (text: string): string => (exact ? text : text.toLowerCase());
    const stops = new Set(stringsAttribute(attributes, 'stopwords').map(keyOf));
    const kept = textsOf(context, x).filter((text) => !stops.has(keyOf(text)));
    const cased = kept.map((text) =>
      action === 'LOWER' ? text.toLowerCase() : action === 'UPPER' ? text.toUpperCase() : text,
    );
    const result = cased.length > 0 ? cased : [''];
    return [stringsOf([...x.shape.slice(0, -1), result.length], result)];
  },
};

function textsOf(context: OperatorContext, value: Value): readonly string[] {
  return value.strings ?? misfit(context, `an input of type ${value.dtype}, where strings are due`);
}
