import protobuf from 'protobufjs/light.js';

/**
 * The messages of ONNX (up to IR 13) that a network needs, as `rule type number`: the wire format of the standard.
 * Tensors inside graphs and attributes are declared as bytes, which have the same form on the wire: a model of many
 * gigabytes is then read without looking at one weight, and each tensor is decoded when it is asked for.
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ModelProto: {
    irVersion: 'optional int64 1',
    producerName: 'optional string 2',
    producerVersion: 'optional string 3',
    domain: 'optional string 4',
    graph: 'optional GraphProto 7',
    opsetImport: 'repeated OperatorSetIdProto 8',
    functions: 'repeated FunctionProto 25',
  },
  OperatorSetIdProto: { domain: 'optional string 1', version: 'optional int64 2' },
  GraphProto: {
    node: 'repeated NodeProto 1',
    name: 'optional string 2',
    initializer: 'repeated bytes 5',
    input: 'repeated ValueInfoProto 11',
    output: 'repeated ValueInfoProto 12',
    sparseInitializer: 'repeated SparseTensorProto 15',
  },
  NodeProto: {
    input: 'repeated string 1',
    output: 'repeated string 2',
    name: 'optional string 3',
    opType: 'optional string 4',
    attribute: 'repeated AttributeProto 5',
    domain: 'optional string 7',
    overload: 'optional string 8',
  },
  AttributeProto: {
    name: 'optional string 1',
    f: 'optional float 2',
    i: 'optional int64 3',
    s: 'optional bytes 4',
    t: 'optional bytes 5',
    g: 'optional GraphProto 6',
    floats: 'repeated float 7',
    ints: 'repeated int64 8',
    strings: 'repeated bytes 9',
    tensors: 'repeated bytes 10',
    graphs: 'repeated GraphProto 11',
    tp: 'optional bytes 14',
    typeProtos: 'repeated bytes 15',
    type: 'optional int32 20',
    refAttrName: 'optional string 21',
    sparseTensor: 'optional SparseTensorProto 22',
    sparseTensors: 'repeated SparseTensorProto 23',
  },
  FunctionProto: {
    name: 'optional string 1',
    input: 'repeated string 4',
    output: 'repeated string 5',
    attribute: 'repeated string 6',
    node: 'repeated NodeProto 7',
    opsetImport: 'repeated OperatorSetIdProto 9',
    domain: 'optional string 10',
    attributeProto: 'repeated AttributeProto 11',
    overload: 'optional string 13',
  },
  ValueInfoProto: { name: 'optional string 1', type: 'optional bytes 2' },
  TypeProto: { tensorType: 'optional TensorType 1', sparseTensorType: 'optional TensorType 8' },
  TensorType: { elemType: 'optional int32 1', shape: 'optional TensorShapeProto 2' },
  TensorShapeProto: { dim: 'repeated Dimension 1' },
  Dimension: { dimValue: 'optional int64 1', dimParam: 'optional string 2' },
  SparseTensorProto: { values: 'optional bytes 1', indices: 'optional bytes 2', dims: 'repeated int64 3' },
  StringStringEntryProto: { key: 'optional string 1', value: 'optional string 2' },
  /** TensorProto without the typed lists: what is known of a tensor before its elements are read. */
  TensorHead: {
    dims: 'repeated int64 1',
    dataType: 'optional int32 2',
    segment: 'optional bytes 3',
    name: 'optional string 8',
    rawData: 'optional bytes 9',
    externalData: 'repeated StringStringEntryProto 13',
    dataLocation: 'optional int32 14',
  },
  /** The typed lists of a TensorProto; `stringData` only of string tensors. */
  TensorBody: {
    floatData: 'packed float 4',
    int32Data: 'packed int32 5',
    stringData: 'repeated bytes 6',
    int64Data: 'packed int64 7',
    doubleData: 'packed double 10',
    uint64Data: 'packed uint64 11',
  },
};

/** A message of {@link MESSAGES}, ready to encode and decode. */
export function messageType(name: string): protobuf.Type {
  root ??= protobuf.Root.fromJSON({ nested: Object.fromEntries(Object.entries(MESSAGES).map(describe)) } as never);
  return root.lookupType(name);
}

let root: protobuf.Root | undefined;

function describe([name, fields]: [string, Readonly<Record<string, string>>]): [string, object] {
  const described = Object.entries(fields).map(([field, form]) => {
    const [rule, type, id] = form.split(' ') as [string, string, string];
    const repeated = rule === 'optional' ? {} : { rule: 'repeated', options: { packed: rule === 'packed' } };
    return [field, { type, id: Number(id), ...repeated }];
  });
  return [name, { edition: 'proto2', fields: Object.fromEntries(described) }];
}
