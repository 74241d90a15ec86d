/** 64-bit integers as protobufjs gives them. */
export interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
  toNumber(): number;
}

/** The decoded form of the messages in schema.ts. A field that is absent reads as its default; `Object.hasOwn` tells the two apart. */
export interface ModelProto {
  readonly irVersion: Long;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph?: GraphProto | null;
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetIdProto {
  readonly domain: string;
  readonly version: Long;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name: string;
  readonly initializer: readonly Uint8Array[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly AttributeProto[];
  readonly domain: string;
  readonly overload: string;
}

export interface AttributeProto {
  readonly name: string;
  readonly f: number;
  readonly i: Long;
  readonly s: Uint8Array;
  readonly t: Uint8Array;
  readonly g: GraphProto | null;
  readonly floats: readonly number[];
  readonly ints: readonly Long[];
  readonly strings: readonly Uint8Array[];
  readonly tensors: readonly Uint8Array[];
  readonly graphs: readonly GraphProto[];
  readonly type: number;
  readonly refAttrName: string;
  readonly sparseTensor: SparseTensorProto | null;
}

export interface FunctionProto {
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly string[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly domain: string;
  readonly attributeProto: readonly AttributeProto[];
  readonly overload: string;
}

export interface ValueInfoProto {
  readonly name: string;
  /** A TypeProto. */
  readonly type: Uint8Array;
}

export interface TypeProto {
  readonly tensorType: { readonly elemType: number; readonly shape: TensorShapeProto | null } | null;
}

export interface TensorShapeProto {
  readonly dim: readonly { readonly dimValue: Long; readonly dimParam: string }[];
}

export interface SparseTensorProto {
  readonly values: Uint8Array;
  readonly indices: Uint8Array;
  readonly dims: readonly Long[];
}

export interface TensorHead {
  readonly dims: readonly Long[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation: number;
}

export interface TensorBody {
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly stringData: readonly Uint8Array[];
  readonly int64Data: readonly Long[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly Long[];
}
