import type { TwinOptions } from '../../harness/types/adapter.ts';

/** A twin that is to be made of whatever network is the subject: what `twin()` gives. */
export interface TwinRequest {
  readonly kind: 'twin';
  readonly options: TwinOptions;
}

/** True for what `twin()` gives, whichever copy of layerdiff made it. */
export const isTwin = (value: unknown): value is TwinRequest =>
  typeof value === 'object' && value !== null && (value as Partial<TwinRequest>).kind === 'twin';
