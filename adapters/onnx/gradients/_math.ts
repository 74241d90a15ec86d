import type { DataType } from '../../../harness/types/tensor.ts';
import type { Emitter } from '../rule.ts';

/** The name of a tensor, or a number that becomes a scalar constant. */
export type Operand = string | number;

type Unary = (x: Operand) => string;
type Binary = (x: Operand, y: Operand) => string;

/** Arithmetic written down as nodes: `mul(dy, sub(1, mul(y, y)))`. Numbers are scalars of one float type. */
export interface GraphMath {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly pow: Binary;
  readonly less: Binary;
  readonly greater: Binary;
  readonly lessOrEqual: Binary;
  readonly greaterOrEqual: Binary;
  readonly equal: Binary;
  readonly and: Binary;
  readonly neg: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly sqrt: Unary;
  readonly sin: Unary;
  readonly cos: Unary;
  readonly tanh: Unary;
  readonly sigmoid: Unary;
  readonly sign: Unary;
  readonly abs: Unary;
  readonly erf: Unary;
  readonly not: Unary;
  /** x where the condition holds, y elsewhere. */
  readonly where: (condition: string, x: Operand, y: Operand) => string;
  /** The value, as a tensor name. */
  readonly name: (x: Operand) => string;
}

/** Graph arithmetic on tensors of the float type `dtype`. */
export function mathOf(emitter: Emitter, dtype: DataType): GraphMath {
  const name = (x: Operand): string => (typeof x === 'string' ? x : emitter.scalar(x, dtype));
  const unary =
    (op: string): Unary =>
    (x) =>
      emitter.emit(op, [name(x)]);
  const binary =
    (op: string): Binary =>
    (x, y) =>
      emitter.emit(op, [name(x), name(y)]);
  return {
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    pow: binary('Pow'),
    less: binary('Less'),
    greater: binary('Greater'),
    lessOrEqual: binary('LessOrEqual'),
    greaterOrEqual: binary('GreaterOrEqual'),
    equal: binary('Equal'),
    and: binary('And'),
    neg: unary('Neg'),
    exp: unary('Exp'),
    log: unary('Log'),
    sqrt: unary('Sqrt'),
    sin: unary('Sin'),
    cos: unary('Cos'),
    tanh: unary('Tanh'),
    sigmoid: unary('Sigmoid'),
    sign: unary('Sign'),
    abs: unary('Abs'),
    erf: unary('Erf'),
    not: unary('Not'),
    where: (condition, x, y) => emitter.emit('Where', [condition, name(x), name(y)]),
    name,
  };
}
