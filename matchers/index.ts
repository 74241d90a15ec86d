// layerdiff/matchers: the matchers as functions, for any expect with extend(), and an assertion for runners that have none.
import { toDivergeAt } from './to-diverge-at.ts';
import { toHaveCorrectGradients } from './to-have-correct-gradients.ts';
import { toMatchReference } from './to-match-reference.ts';
import { toMatchTensor } from './to-match-tensor.ts';

export { assertMatches } from './assert-matches.ts';
export type { NumbersLike } from './numbers-like.ts';
export type { MatchOptions, TensorsLike } from './options.ts';
export type { ExpectedReference, ReceivedSubject } from './sides.ts';
export type { GradientOptions } from './to-have-correct-gradients.ts';
export type { TensorOptions } from './to-match-tensor.ts';
export type { DivergenceSite, LayerdiffMatchers, MatcherContext, MatcherResult } from './types.ts';
export { toDivergeAt, toHaveCorrectGradients, toMatchReference, toMatchTensor };

/** `expect.extend(matchers)` */
export const matchers = { toMatchReference, toMatchTensor, toHaveCorrectGradients, toDivergeAt };
