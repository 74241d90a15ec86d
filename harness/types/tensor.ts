/** The element types that a trace or a model may hold, by ONNX's names in lower case. */
export type DataType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'
  | 'string';

/** How the elements of a tensor lie in memory. float16 and bfloat16 are raw bits in a Uint16Array; bool is 0 or 1 in a Uint8Array. */
export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | readonly string[];

/** Numbers of a float type as they are measured: float32 is not widened first. */
export type Floats = Float32Array | Float64Array;

export type Shape = readonly number[];

/** Elements in row-major order. A scalar has shape []. */
export interface Tensor {
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly data: TensorData;
}

/** A tensor whose elements are read when asked for: from a file, a model, or memory. `read` may be called more than once. */
export interface TensorSource {
  readonly dtype: DataType;
  readonly shape: Shape;
  read(): Tensor;
  /** The elements from one offset up to another, as a tensor of one axis: where not all must be in memory to have some. */
  part?(from: number, to: number): Tensor;
}
