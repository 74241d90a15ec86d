// oxlint-disable oxc/no-this-in-exported-function -- expect binds its matchers
import { LayerdiffError } from '../harness/errors.ts';
import type { Report, Site } from '../harness/types/report.ts';
import type { Direction } from '../harness/types/trace.ts';
import type { MatchOptions } from './options.ts';
import type { ExpectedReference } from './sides.ts';
import { messageOf, reportOf } from './to-match-reference.ts';
import type { DivergenceSite, MatcherContext, MatcherResult } from './types.ts';

/**
 * Passes where the first divergence, in that direction, lies at that tensor or layer (and has that proven cause, where one is named).
 * A string is the name of either. Without a direction the forward pass is looked at, and the backward one where that is right.
 * @throws E_OPTION where the site names neither a tensor nor a layer; LayerdiffError where nothing can be compared
 */
export async function toDivergeAt(
  this: MatcherContext,
  received: unknown,
  expected: ExpectedReference,
  where: string | DivergenceSite,
  options: MatchOptions = {},
): Promise<MatcherResult> {
  const wanted = typeof where === 'string' ? { either: where } : proven(where);
  const report = await reportOf(received, expected, options);
  const direction = wanted.direction ?? (report.forward.firstDivergence === null ? 'backward' : 'forward');
  const found = report[direction].firstDivergence;
  const there = found !== null && lies(found, wanted, report);
  // Where nothing was proven, "not there" was not proven either.
  const pass = there || (this?.isNot === true && report.outcome === 'inconclusive');
  return { pass, message: () => `${sentence(wanted, direction, found)}\n\n${messageOf(report, options)}` };
}

type Wanted = DivergenceSite & { readonly either?: string };

function proven(where: DivergenceSite): Wanted {
  if (where.tensor !== undefined || where.layer !== undefined) return where;
  const remedy = "Write { layer: 'conv1', direction: 'forward' }.";
  throw new LayerdiffError('E_OPTION', 'toDivergeAt', 'it names neither a tensor nor a layer', remedy);
}

function lies(site: Site, wanted: Wanted, { tensors }: Report): boolean {
  const row = tensors.find(({ tensor, direction }) => tensor === site.tensor && direction === site.direction);
  // The network's own layers are not in the report: its tensor is called after its layer unless it says otherwise.
  const names = { tensor: [site.tensor, row?.subjectName], layer: [site.layer, row?.subjectName] };
  return (
    (wanted.either === undefined || [...names.tensor, ...names.layer].includes(wanted.either)) &&
    (wanted.tensor === undefined || names.tensor.includes(wanted.tensor)) &&
    (wanted.layer === undefined || names.layer.includes(wanted.layer)) &&
    (wanted.cause === undefined || site.cause?.id === wanted.cause)
  );
}

function sentence(wanted: Wanted, direction: Direction, found: Site | null): string {
  const { either, tensor, layer, cause } = wanted;
  const places = [either, layer && `layer ${layer}`, tensor && `tensor ${tensor}`].filter(Boolean).join(', ');
  const because = cause === undefined ? '' : ` because of ${cause}`;
  const was =
    found === null
      ? 'there is none'
      : `it is ${found.tensor} in layer ${found.layer}${found.cause === null ? ', cause unknown' : ` (${found.cause.id})`}`;
  return `First divergence ${direction}: expected at ${places}${because}; ${was}.`;
}
