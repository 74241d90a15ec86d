import type { Attributes } from './types/graph.ts';
import type { Tensor } from './types/tensor.ts';

/** Reads an integer attribute, or its default. */
export function intAttribute(attributes: Attributes, name: string, otherwise: number): number {
  const found = attributes[name];
  return found?.kind === 'int' ? found.value : otherwise;
}

/** Reads a float attribute, or its default rounded to float32 as ONNX stores it. */
export function floatAttribute(attributes: Attributes, name: string, otherwise: number): number {
  const found = attributes[name];
  return found?.kind === 'float' ? found.value : Math.fround(otherwise);
}

/** Reads a list of integers, or its default. */
export function intsAttribute<T extends readonly number[] | undefined>(
  attributes: Attributes,
  name: string,
  otherwise: T,
): readonly number[] | T {
  const found = attributes[name];
  return found?.kind === 'ints' ? found.value : otherwise;
}

/** Reads a list of floats; an empty attribute list counts as empty. */
export function floatsAttribute(attributes: Attributes, name: string): readonly number[] {
  const found = attributes[name];
  return found?.kind === 'floats' ? found.value : [];
}

/** Reads a string attribute, or its default. */
export function stringAttribute(attributes: Attributes, name: string, otherwise: string): string {
  const found = attributes[name];
  return found?.kind === 'string' ? found.value : otherwise;
}

/** Reads a list of strings. */
export function stringsAttribute(attributes: Attributes, name: string): readonly string[] {
  const found = attributes[name];
  return found?.kind === 'strings' ? found.value : [];
}

/** Reads a tensor attribute. */
export function tensorAttribute(attributes: Attributes, name: string): Tensor | undefined {
  const found = attributes[name];
  return found?.kind === 'tensor' ? found.value : undefined;
}
