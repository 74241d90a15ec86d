/**
 * A few words of WebAssembly: enough to write a SIMD loop as an expression and to get a module's bytes. Code is a list of bytes that leaves its
 * value on the stack, so an operation is its operands' code followed by its own. Opcodes: WebAssembly core specification 2.0, §5.4.
 */
export type Code = readonly number[];

/** Types of values, as a module spells them. */
export const TYPE = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof TYPE;

/** A whole number, unsigned (LEB128). */
export function unsigned(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** A whole number, signed (LEB128). */
export function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const low = ((rest % 128) + 128) % 128;
    if (rest >= -64 && rest < 64) return [...bytes, low];
    bytes.push(low + 128);
  }
}

const scalar =
  (opcode: number) =>
  (...operands: Code[]): Code => [...operands.flat(), opcode];
const vector =
  (opcode: number) =>
  (...operands: Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: scalar(0x6a),
  lessUnsigned: scalar(0x49),
  load: (address: Code): Code => [...address, 0x28, 2, 0],
  store: (address: Code, value: Code): Code => [...address, ...value, 0x36, 2, 0],
};

/** Vectors of 128 bits. `at`: a constant number of bytes beyond the address. */
export const v128 = {
  load: (address: Code, at = 0): Code => [...address, 0xfd, 0x00, 3, ...unsigned(at)],
  store: (address: Code, at: number, value: Code): Code => [...address, ...value, 0xfd, 0x0b, 3, ...unsigned(at)],
  andNot: vector(0x4f),
  /** Bytes of two vectors, by number: 0–15 the first's, 16–31 the second's. */
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => [...a, ...b, 0xfd, 0x0d, ...bytes],
};

export const f64x2 = {
  splat: vector(0x14),
  equal: vector(0x47),
  greater: vector(0x4a),
  abs: vector(0xec),
  add: vector(0xf0),
  subtract: vector(0xf1),
  multiply: vector(0xf2),
  divide: vector(0xf3),
  /** b where a < b, else a: a NaN in b is passed over. */
  pseudoMax: vector(0xf7),
  /** The first two of four float32. */
  promoteLow: vector(0x5f),
};

export const i64x2 = {
  add: vector(0xce),
  subtract: vector(0xd1),
  /** All bits of every lane, which is −1. */
  ones: [0xfd, 0x0c, ...Array<number>(16).fill(0xff)] as Code,
};

export const i32x4 = {
  splat: vector(0x11),
  lane: (a: Code, lane: number): Code => [...a, 0xfd, 0x1b, lane],
  shiftLeft: vector(0xab),
  shiftRight: vector(0xac),
  add: vector(0xae),
  subtract: vector(0xb1),
  min: vector(0xb6),
  max: vector(0xb8),
};

/** Repeats while `condition`, tested at the end, holds. */
export const repeatWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];

/** Fills memory from an address on. */
export const fill = (address: Code, value: Code, length: Code): Code => [
  ...address,
  ...value,
  ...length,
  0xfc,
  0x0b,
  0,
];

/** A variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** A function under construction: its parameters and other variables, by type. */
export interface FunctionSource {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Hands out the variables of one function, parameters first. */
export function variables() {
  const types: ValueType[] = [];
  const next = (type: ValueType): Local => {
    const index = unsigned(types.push(type) - 1);
    return { get: [0x20, ...index], set: (value) => [...value, 0x21, ...index] };
  };
  return { types, next };
}

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))];
const text = (name: string): Code => sized([...name].map((c) => c.charCodeAt(0)));

/** "\0asm", version 1. */
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** The bytes of a module: a memory of so many pages of 64 KiB, exported as `memory`, and functions that return nothing, exported by name. */
export function moduleBytes(pages: number, functions: readonly FunctionSource[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }): Code => [0x60, ...list(parameters.map((t) => [TYPE[t]])), 0]);
  const exported = functions.map(({ name }, i): Code => [...text(name), 0, ...unsigned(i)]);
  const bodies = functions.map(({ locals, body }) => sized([...list(locals.map((t) => [1, TYPE[t]])), ...body, 0x0b]));
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, types),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [[...text('memory'), 2, 0], ...exported]),
    ...section(10, bodies),
  ]);
}
