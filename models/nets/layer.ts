/** Numbers and their shape, row-major. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface Forward {
  readonly input: Tensor;
  readonly inputs: { readonly [name: string]: Tensor };
  readonly parameters: { readonly [name: string]: Tensor };
  readonly saved: Record<string, Float32Array>;
}

export interface Backward extends Forward {
  readonly output: Tensor;
  readonly gradient: Float32Array;
}

export interface Gradients {
  readonly inputs: readonly (Float32Array | null)[];
  readonly parameters?: { readonly [name: string]: Float32Array };
}

/** What a layer computes as an operator of ONNX, so that the same network can be written for a framework. Names are tensors of the network. */
export interface Operator {
  readonly type: string;
  readonly attributes?: { readonly [name: string]: number | string | readonly number[] };
  /** By default what the layer reads, then its parameters. */
  readonly inputs?: readonly (string | Constant)[];
  readonly outputs?: readonly string[];
}

export type Constant =
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array };

/** One layer of a network that is an array of layers: what runs it passes in what it reads, and sums gradients over uses. */
export interface Layer {
  readonly name: string;
  readonly inputs?: readonly string[];
  /** Names of what it writes; by default its own. */
  readonly outputs?: readonly string[];
  /** Names of its parameters, in the operator's order. */
  readonly parameters?: readonly string[];
  readonly op?: Operator | readonly Operator[];
  forward(context: Forward): Tensor | { readonly [name: string]: Tensor };
  backward(context: Backward): Gradients;
}

/** Zeros like the tensor. */
export const zeros = ({ data }: Tensor): Float32Array => new Float32Array(data.length);

/** A tensor that is there, or an error: misspelt names must not become `undefined` deep in a loop. */
export function get(tensors: { readonly [name: string]: Tensor }, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`no tensor "${name}"`);
  return tensor;
}

/** The four dimensions of an image batch. */
export function image({ shape }: Tensor): [B: number, C: number, H: number, W: number] {
  const [B, C, H, W] = shape;
  if (B === undefined || C === undefined || H === undefined || W === undefined)
    throw new Error(`[${shape.join(', ')}] is no image`);
  return [B, C, H, W];
}

/** The two dimensions of a matrix. */
export function matrix({ shape }: Tensor): [rows: number, columns: number] {
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined) throw new Error(`[${shape.join(', ')}] is no matrix`);
  return [rows, columns];
}
